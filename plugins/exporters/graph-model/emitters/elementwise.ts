import { inputOf, listOf, numberOf, outputOf } from "../../onnx/emitter.ts";
import type { GraphValue } from "../../trace/traced-graph.ts";
import { typeAttribute } from "../graph-emission.ts";
import type { GraphEmitter, GraphEmitterTable } from "../graph-emitter.ts";
import { slopedBy } from "./activations.ts";

const typed = ({ dtype }: GraphValue) => ({ T: typeAttribute(dtype) });

const unary = (op: string): GraphEmitter => {
  return (node, graph) => {
    const input = inputOf(node, "x");
    graph.give(outputOf(node), graph.node(op, [graph.of(input)], typed(input)));
  };
};

const binary = (op: string): GraphEmitter => {
  return (node, graph) => {
    const [a, b] = [inputOf(node, "a"), inputOf(node, "b")];
    graph.give(outputOf(node), graph.node(op, [graph.of(a), graph.of(b)], typed(a)));
  };
};

const logical = (op: string): GraphEmitter => {
  return (node, graph) => {
    graph.give(outputOf(node), graph.node(op, [graph.of(inputOf(node, "a")), graph.of(inputOf(node, "b"))]));
  };
};

const addAll: GraphEmitter = (node, graph) => {
  const names = listOf(node).map((value) => graph.of(value));
  graph.give(
    outputOf(node),
    names.reduce((sum, name) => graph.float("AddV2", [sum, name])),
  );
};

const cast: GraphEmitter = (node, graph) => {
  const input = inputOf(node, "x");
  const attr = { SrcT: typeAttribute(input.dtype), DstT: typeAttribute(String(node.attributes["dtype"])) };
  graph.give(outputOf(node), graph.node("Cast", [graph.of(input)], attr));
};

const clip: GraphEmitter = (node, graph) => {
  const [least, most] = [graph.scalar(numberOf(node, "clipValueMin")), graph.scalar(numberOf(node, "clipValueMax"))];
  const raised = graph.float("Maximum", [graph.of(inputOf(node, "x")), least]);
  graph.give(outputOf(node), graph.float("Minimum", [raised, most]));
};

const leakyRelu: GraphEmitter = (node, graph) => {
  const attr = { alpha: { f: numberOf(node, "alpha", 0.2) } };
  graph.give(outputOf(node), graph.float("LeakyRelu", [graph.of(inputOf(node, "x"))], attr));
};

const prelu: GraphEmitter = (node, graph) => {
  graph.give(outputOf(node), slopedBy(graph, graph.of(inputOf(node, "x")), graph.of(inputOf(node, "alpha"))));
};

const select: GraphEmitter = (node, graph) => {
  const values = ["condition", "t", "e"].map((name) => inputOf(node, name));
  const names = values.map((value) => graph.of(value));
  graph.give(outputOf(node), graph.node("SelectV2", names, typed(outputOf(node))));
};

const identity: GraphEmitter = (node, graph) => graph.give(outputOf(node), graph.of(inputOf(node, "x")));

const sameName = [
  ...["Abs", "Ceil", "Cos", "Elu", "Erf", "Exp", "Expm1", "Floor", "Log", "Log1p", "Neg", "Reciprocal", "Relu"],
  ...["Relu6", "Round", "Rsqrt", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Sqrt", "Square", "Tanh"],
];
const sameBinary = ["Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "Maximum", "Minimum", "Pow", "RealDiv"];

const table = (names: readonly string[], make: (op: string) => GraphEmitter): GraphEmitterTable =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

/** Kernels that treat every number alone. */
export const elementwiseEmitters: GraphEmitterTable = {
  ...table(sameName, unary),
  ...table([...sameBinary, "Sub", "SquaredDifference"], binary),
  Add: binary("AddV2"),
  AddN: addAll,
  Cast: cast,
  ClipByValue: clip,
  Identity: identity,
  LeakyRelu: leakyRelu,
  LogicalAnd: logical("LogicalAnd"),
  LogicalOr: logical("LogicalOr"),
  Multiply: binary("Mul"),
  Prelu: prelu,
  Select: select,
};
