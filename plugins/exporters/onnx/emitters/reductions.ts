import type { Emission } from "../emission.ts";
import { axesOf, type EmitterTable, inputOf, numberOf, type OnnxEmitter, outputOf } from "../emitter.ts";

/** A kernel that takes axes together. @param name of the attribute that has the axes */
function reduction(operator: string, name: "axis" | "reductionIndices" = "axis"): OnnxEmitter {
  return (node, onnx) => {
    const input = inputOf(node, "x");
    const output = outputOf(node);
    const axes = axesOf(node, name, input.shape.length);
    const { tensor, order } = onnx.stored(input);
    const places = axes.map((axis) => order.indexOf(axis)).sort((one, other) => one - other);
    // kernels of TensorFlow.js may be told to keep the axes, or their result is reshaped afterwards
    const keeps = output.shape.length === input.shape.length;
    const reduced = onnx.node(operator, [tensor, onnx.integers(places)], { keepdims: keeps ? 1 : 0 });
    onnx.give(output, reduced, keeps ? order : orderWithout(order, axes));
  };
}

/** The order of the axes that are left, numbered anew. */
function orderWithout(order: readonly number[], axes: readonly number[]): number[] {
  const left = order.filter((axis) => !axes.includes(axis));
  return left.map((axis) => left.filter((other) => other < axis).length);
}

/** A kernel that works along one axis. */
function alongAxis(
  name: string,
  write: (onnx: Emission, tensor: string, axis: number) => string,
  input = "x",
): OnnxEmitter {
  return (node, onnx) => {
    const value = inputOf(node, input);
    const [axis = 0] = axesOf({ ...node, attributes: { [name]: numberOf(node, name, -1) } }, name, value.shape.length);
    const { tensor, order } = onnx.stored(value);
    onnx.give(outputOf(node), write(onnx, tensor, order.indexOf(axis)), order);
  };
}

const argument = (operator: "ArgMax" | "ArgMin"): OnnxEmitter => {
  return (node, onnx) => {
    const input = inputOf(node, "x");
    const [axis = 0] = axesOf(node, "axis", input.shape.length);
    const found = onnx.node(operator, [onnx.plain(input)], { axis, keepdims: 0 });
    onnx.give(outputOf(node), onnx.node("Cast", [found], { to: 6 }));
  };
};

/** Kernels that reduce axes or normalise along one. */
export const reductionEmitters: EmitterTable = {
  ArgMax: argument("ArgMax"),
  ArgMin: argument("ArgMin"),
  Max: reduction("ReduceMax", "reductionIndices"),
  Mean: reduction("ReduceMean"),
  Min: reduction("ReduceMin"),
  Prod: reduction("ReduceProd"),
  Softmax: alongAxis("dim", (onnx, tensor, axis) => onnx.node("Softmax", [tensor], { axis }), "logits"),
  Sum: reduction("ReduceSum"),
};
