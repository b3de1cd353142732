import { type GraphNode, sizeOf } from "../../trace/traced-graph.ts";
import { permuteConstant } from "../axis-order.ts";
import { channelsFirst, type Emission } from "../emission.ts";
import { type EmitterTable, inputOf, type OnnxEmitter, outputOf, UnsupportedUse } from "../emitter.ts";
import { writeActivation } from "./activations.ts";
import { mapSides, paddingOf, sidesOf } from "./windows.ts";

interface Filter {
  readonly tensor: string;
  readonly height: number;
  readonly width: number;
  readonly group: number;
}

/** `[height, width, in, out]` as `[out, in, height, width]` */
function denseFilter(node: GraphNode, onnx: Emission): Filter {
  const filter = inputOf(node, "filter");
  const [height, width] = [sizeOf(filter.shape[0]), sizeOf(filter.shape[1])];
  return { tensor: onnx.arranged(filter, [3, 2, 0, 1]), height, width, group: 1 };
}

/** `[height, width, channels, multiplier]` as `[channels · multiplier, 1, height, width]`, one group for each channel */
function depthwiseFilter(node: GraphNode, onnx: Emission): Filter {
  const { shape, constant } = inputOf(node, "filter");
  if (!(constant instanceof Float32Array)) throw new UnsupportedUse("its filter is not constant");
  const sides = shape.map(sizeOf);
  const [height = 0, width = 0, channels = 0, multiplier = 0] = sides;
  const { values } = permuteConstant(sides, constant, [2, 3, 0, 1]);
  const tensor = onnx.constant("float32", [channels * multiplier, 1, height, width], values);
  return { tensor, height, width, group: channels };
}

function convolution(filterOf: (node: GraphNode, onnx: Emission) => Filter): OnnxEmitter {
  return (node, onnx) => {
    const { bias, preluActivationWeights } = node.inputs;
    const input = inputOf(node, "x");
    const output = outputOf(node);
    const strides = sidesOf(node, "strides");
    const dilations = sidesOf(node, "dilations");
    const { tensor, height, width, group } = filterOf(node, onnx);
    const dilated = [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1] as const;
    const { pads } = paddingOf(node, mapSides(input), mapSides(output), dilated, strides);
    if (bias !== undefined && bias.shape.length > 1) throw new UnsupportedUse("its bias is not one number a channel");
    const inputs = [onnx.arranged(input, channelsFirst), tensor, ...(bias === undefined ? [] : [onnx.plain(bias)])];
    const kernelShape = [height, width];
    const summed = onnx.node("Conv", inputs, { kernel_shape: kernelShape, strides, pads, dilations, group });
    onnx.give(output, activated(node, onnx, summed, preluActivationWeights !== undefined), channelsFirst);
  };
}

function activated(node: GraphNode, onnx: Emission, tensor: string, hasSlopes: boolean): string {
  const { activation = "linear", leakyreluAlpha } = node.attributes;
  if (activation !== "prelu") {
    return writeActivation(onnx, tensor, String(activation), typeof leakyreluAlpha === "number" ? leakyreluAlpha : 0.2);
  }
  const slopes = inputOf(node, "preluActivationWeights");
  const channels = sizeOf(slopes.shape.at(-1));
  if (!hasSlopes || !(slopes.constant instanceof Float32Array) || slopes.constant.length !== channels) {
    throw new UnsupportedUse("its slopes are not one constant a channel");
  }
  return onnx.node("PRelu", [tensor, onnx.constant("float32", [channels, 1, 1], slopes.constant)]);
}

/** The gradient of a convolution by its input, which is what a transposed convolution computes. */
const transposed: OnnxEmitter = (node, onnx) => {
  const input = inputOf(node, "dy");
  const output = outputOf(node);
  const filter = inputOf(node, "filter"); // [height, width, out, in]
  const strides = sidesOf(node, "strides");
  const [height, width] = [sizeOf(filter.shape[0]), sizeOf(filter.shape[1])];
  const [fromSides, toSides] = [mapSides(input), mapSides(output)];
  const { pads } = paddingOf(node, toSides, fromSides, [height, width], strides);
  const [top, left, bottom, right] = pads;
  const spare = [0, 1].map((axis) => {
    const covered = ((fromSides[axis] ?? 1) - 1) * (strides[axis] ?? 1) + (axis === 0 ? height : width);
    return (toSides[axis] ?? 0) + (axis === 0 ? top + bottom : left + right) - covered;
  });
  const tensors = [onnx.arranged(input, channelsFirst), onnx.arranged(filter, [3, 2, 0, 1])];
  const attributes = { kernel_shape: [height, width], strides, pads, output_padding: spare };
  onnx.give(output, onnx.node("ConvTranspose", tensors, attributes), channelsFirst);
};

function pooling(operator: "MaxPool" | "AveragePool"): OnnxEmitter {
  return (node, onnx) => {
    const input = inputOf(node, "x");
    const output = outputOf(node);
    const window = sidesOf(node, "filterSize");
    const strides = sidesOf(node, "strides");
    const { pads, isCeil } = paddingOf(node, mapSides(input), mapSides(output), window, strides);
    const attributes = { kernel_shape: window, strides, pads, ceil_mode: isCeil ? 1 : 0 };
    onnx.give(output, onnx.node(operator, [onnx.arranged(input, channelsFirst)], attributes), channelsFirst);
  };
}

/** Kernels that slide a window over feature maps. */
export const convolutionEmitters: EmitterTable = {
  AvgPool: pooling("AveragePool"),
  Conv2D: convolution(denseFilter),
  Conv2DBackpropInput: transposed,
  DepthwiseConv2dNative: convolution(depthwiseFilter),
  FusedConv2D: convolution(denseFilter),
  FusedDepthwiseConv2D: convolution(depthwiseFilter),
  MaxPool: pooling("MaxPool"),
};
