import { type GraphNode, type GraphValue, sizeOf } from "../../trace/traced-graph.ts";
import { channelsFirst, type Emission } from "../emission.ts";
import { type EmitterTable, inputOf, numberOf, type OnnxEmitter, outputOf, UnsupportedUse } from "../emitter.ts";
import { writeActivation } from "./activations.ts";

/** A matrix for `MatMul`, with its last two axes exchanged where the kernel says so. */
function factor(node: GraphNode, onnx: Emission, name: "a" | "b"): string {
  const value = inputOf(node, name);
  const rank = value.shape.length;
  const isTransposed = node.attributes[name === "a" ? "transposeA" : "transposeB"] === true;
  const axes = value.shape.map((_, axis) => axis);
  if (!isTransposed) return onnx.plain(value);
  return onnx.arranged(value, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

const product: OnnxEmitter = (node, onnx) => {
  const { bias } = node.inputs;
  const { activation = "linear", leakyreluAlpha } = node.attributes;
  if (activation === "prelu") throw new UnsupportedUse('its activation is "prelu"');
  const [a, b] = [factor(node, onnx, "a"), factor(node, onnx, "b")];
  // ONNX Runtime multiplies whole numbers with a scale for each channel in Gemm, not in MatMul
  const isMatrix = inputOf(node, "a").shape.length === 2 && inputOf(node, "b").shape.length === 2;
  const summed = isMatrix
    ? onnx.node("Gemm", bias === undefined ? [a, b] : [a, b, onnx.plain(bias)])
    : withBias(onnx, onnx.node("MatMul", [a, b]), bias);
  const slope = typeof leakyreluAlpha === "number" ? leakyreluAlpha : 0.2;
  onnx.give(outputOf(node), writeActivation(onnx, summed, String(activation), slope));
};

function withBias(onnx: Emission, tensor: string, bias: GraphValue | undefined): string {
  return bias === undefined ? tensor : onnx.node("Add", [tensor, onnx.plain(bias)]);
}

/** A batch norm that stands alone, before an activation or after a join. */
const batchNorm: OnnxEmitter = (node, onnx) => {
  const { scale, offset } = node.inputs;
  const input = inputOf(node, "x");
  const rank = input.shape.length;
  const mean = inputOf(node, "mean");
  const channels = sizeOf(input.shape.at(-1));
  if ((rank !== 4 && rank !== 2) || mean.shape.length !== 1) {
    throw new UnsupportedUse("its statistics are not one number a channel");
  }
  const filled = (value: GraphValue | undefined, number: number): string =>
    value === undefined
      ? onnx.constant("float32", [channels], new Float32Array(channels).fill(number))
      : onnx.plain(value);
  const order = rank === 4 ? channelsFirst : [0, 1];
  const inputs = [
    onnx.arranged(input, order),
    filled(scale, 1),
    filled(offset, 0),
    onnx.plain(mean),
    onnx.plain(inputOf(node, "variance")),
  ];
  const epsilon = { float: numberOf(node, "varianceEpsilon", 0.001) };
  onnx.give(outputOf(node), onnx.node("BatchNormalization", inputs, { epsilon }), order);
};

/** Kernels that multiply matrices, and batch norms. */
export const productEmitters: EmitterTable = {
  _FusedMatMul: product,
  BatchMatMul: product,
  FusedBatchNorm: batchNorm,
};
