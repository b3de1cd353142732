import type { OnnxAttributes } from "../../../teachers/onnx/onnx-writer.ts";
import type { GraphNode, GraphValue } from "../../trace/traced-graph.ts";
import type { Emission } from "../emission.ts";
import { type EmitterTable, inputOf, listOf, numberOf, type OnnxEmitter, outputOf } from "../emitter.ts";
import { writeActivation } from "./activations.ts";

/** A kernel of one tensor. */
function unary(write: (onnx: Emission, tensor: string, node: GraphNode) => string): OnnxEmitter {
  return (node, onnx) => {
    const { tensor, order } = onnx.stored(node.inputs["x"] ?? inputOf(node, "logits"));
    onnx.give(outputOf(node), write(onnx, tensor, node), order);
  };
}

const plainUnary = (operator: string, attributes: OnnxAttributes = {}): OnnxEmitter =>
  unary((onnx, tensor) => onnx.node(operator, [tensor], attributes));

/** A kernel of several tensors that are broadcast to each other. */
function broadcast(
  write: (onnx: Emission, tensors: readonly string[]) => string,
  names?: readonly string[],
): OnnxEmitter {
  return (node, onnx) => {
    const values = names?.map((name) => inputOf(node, name)) ?? listOf(node);
    const output = outputOf(node);
    const order = sharedOrder(onnx, values, output);
    onnx.give(
      output,
      write(
        onnx,
        values.map((value) => alignedTo(onnx, value, order)),
      ),
      order,
    );
  };
}

const binary = (operator: string): OnnxEmitter =>
  broadcast((onnx, tensors) => onnx.node(operator, tensors), ["a", "b"]);

/** The order in which all can be had with the fewest turns: that of the first input of full rank that is turned. */
function sharedOrder(onnx: Emission, values: readonly GraphValue[], output: GraphValue): readonly number[] {
  const rank = output.shape.length;
  const turned = values.find((value) => value.shape.length === rank && !onnx.isStraight(value));
  const order = turned === undefined ? undefined : onnx.stored(turned).order;
  return order ?? output.shape.map((_, axis) => axis);
}

/** An input in the order of the output; missing axes are added in front, as broadcasting has it. */
function alignedTo(onnx: Emission, value: GraphValue, order: readonly number[]): string {
  const missing = order.length - value.shape.length;
  const isStraight = order.every((axis, place) => axis === place);
  if (missing === 0) return onnx.arranged(value, order);
  if (isStraight || value.shape.length === 0) return onnx.plain(value);
  if (value.constant !== undefined) {
    const widened: GraphValue = { ...value, shape: [...Array.from({ length: missing }, () => 1), ...value.shape] };
    return onnx.arranged(widened, order);
  }
  const axes = onnx.integers(Array.from({ length: missing }, (_, axis) => axis));
  const widened = onnx.node("Unsqueeze", [onnx.plain(value), axes]);
  return onnx.node("Transpose", [widened], { perm: order });
}

const clip: OnnxEmitter = unary((onnx, tensor, node) => {
  const bound = (name: string): string => {
    const value = numberOf(node, name);
    return Number.isFinite(value) ? onnx.scalar(value) : "";
  };
  return onnx.node("Clip", [tensor, bound("clipValueMin"), bound("clipValueMax")]);
});

const leakyRelu: OnnxEmitter = unary((onnx, tensor, node) =>
  writeActivation(onnx, tensor, "leakyrelu", numberOf(node, "alpha", 0.2)),
);

/** ONNX Runtime's `PRelu` broadcasts its slope as the other operators do. */
const prelu: OnnxEmitter = broadcast((onnx, tensors) => onnx.node("PRelu", tensors), ["x", "alpha"]);

const cast: OnnxEmitter = unary((onnx, tensor, { attributes, inputs }) => {
  const to = { float32: 1, int32: 6, bool: 9 }[String(attributes["dtype"])] ?? 1;
  // TensorFlow.js cuts towards zero, as ONNX does
  return inputs["x"]?.dtype === attributes["dtype"] ? tensor : onnx.node("Cast", [tensor], { to });
});

const softplus = plainUnary("Softplus");

/** Kernels that treat every number alone. */
export const elementwiseEmitters: EmitterTable = {
  Abs: plainUnary("Abs"),
  Add: binary("Add"),
  AddN: broadcast((onnx, tensors) => onnx.node("Sum", tensors)),
  Cast: cast,
  Ceil: plainUnary("Ceil"),
  ClipByValue: clip,
  Cos: plainUnary("Cos"),
  Elu: plainUnary("Elu"),
  Equal: binary("Equal"),
  Erf: plainUnary("Erf"),
  Exp: plainUnary("Exp"),
  Expm1: unary((onnx, tensor) => onnx.node("Sub", [onnx.node("Exp", [tensor]), onnx.scalar(1)])),
  Floor: plainUnary("Floor"),
  Greater: binary("Greater"),
  GreaterEqual: binary("GreaterOrEqual"),
  Identity: unary((_onnx, tensor) => tensor),
  LeakyRelu: leakyRelu,
  Less: binary("Less"),
  LessEqual: binary("LessOrEqual"),
  Log: plainUnary("Log"),
  Log1p: unary((onnx, tensor) => onnx.node("Log", [onnx.node("Add", [tensor, onnx.scalar(1)])])),
  LogicalAnd: binary("And"),
  LogicalNot: plainUnary("Not"),
  LogicalOr: binary("Or"),
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  Multiply: binary("Mul"),
  Neg: plainUnary("Neg"),
  Pow: binary("Pow"),
  Prelu: prelu,
  RealDiv: binary("Div"),
  Reciprocal: plainUnary("Reciprocal"),
  Relu: plainUnary("Relu"),
  Relu6: unary((onnx, tensor) => writeActivation(onnx, tensor, "relu6")),
  Round: plainUnary("Round"),
  Rsqrt: unary((onnx, tensor) => onnx.node("Reciprocal", [onnx.node("Sqrt", [tensor])])),
  Select: broadcast((onnx, tensors) => onnx.node("Where", tensors), ["condition", "t", "e"]),
  Selu: plainUnary("Selu"),
  Sigmoid: plainUnary("Sigmoid"),
  Sign: plainUnary("Sign"),
  Sin: plainUnary("Sin"),
  Softplus: softplus,
  Sqrt: plainUnary("Sqrt"),
  Square: unary((onnx, tensor) => onnx.node("Mul", [tensor, tensor])),
  SquaredDifference: broadcast(
    (onnx, tensors) => {
      const difference = onnx.node("Sub", tensors);
      return onnx.node("Mul", [difference, difference]);
    },
    ["a", "b"],
  ),
  Sub: binary("Sub"),
  Tanh: plainUnary("Tanh"),
};
