import type { SymbolicTensor, Tensor, Tensor4D } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { cpu } from "../../../plugins/backends/cpu.ts";
import { builtinEmitters } from "../../../plugins/exporters/onnx/builtin-emitters.ts";
import { type Exportable, tryExport } from "../../support/onnx-run.ts";
import { tolerances } from "../../support/tolerances.ts";

// the only backend with every kernel and every kind of padding
const { tf } = await cpu.create({} as never);

/** A network that does nothing: what is exported is the pass beside it. */
const input = tf.input({ shape: [13, 10, 4] });
const nothing = tf.model({
  inputs: input,
  outputs: tf.layers.activation({ activation: "linear" }).apply(input) as SymbolicTensor,
});

function request(forward: (x: Tensor4D) => Tensor, more: Partial<Exportable> = {}): Exportable {
  const scaled = (pixels: Tensor) => ({ y: forward(tf.sub(tf.div(pixels, 128), 1) as Tensor4D) });
  return { tf, model: nothing, size: [13, 10, 4], forward: scaled, ...more };
}

const wave = (...shape: number[]): Tensor => {
  const count = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: count }, (_, place) => Math.sin(place * 1.7 + 0.3)),
    shape,
  );
};
const positive = (x: Tensor): Tensor => tf.add(tf.abs(x), 0.1);
/** With its channels in front in the file, so that axes have to be followed. */
const turned = (x: Tensor4D): Tensor4D => tf.conv2d(x, wave(1, 1, 4, 4) as Tensor4D, 1, "valid");
const number = (x: Tensor): Tensor => tf.cast(x, "float32");
const dense = { b: wave(40, 6) as never, bias: wave(6) as never };

/** One or more passes for each kernel, by its name. */
const passes: Readonly<Record<string, readonly ((x: Tensor4D) => Tensor)[]>> = {
  _FusedMatMul: [
    (x) => tf.fused.matMul({ a: tf.reshape(x, [-1, 40]) as never, ...dense, activation: "relu" }),
    (x) => tf.fused.matMul({ a: tf.reshape(turned(x), [-1, 40]) as never, ...dense, activation: "sigmoid" }),
  ],
  Abs: [tf.abs],
  Add: [
    (x) => tf.add(turned(x), wave(10, 4)),
    (x) => tf.add(tf.mean(turned(x), [1, 2]), turned(x).reshape([-1, 130, 1, 4])),
  ],
  AddN: [(x) => tf.addN([x, turned(x), x])],
  ArgMax: [(x) => number(tf.argMax(turned(x), 3))],
  ArgMin: [(x) => number(tf.argMin(turned(x), 1))],
  AvgPool: [
    (x) => tf.avgPool(x, 3, 2, "same"),
    (x) => tf.avgPool(x, [2, 3], [1, 2], "valid"),
    (x) => tf.avgPool(x, 3, 2, 1, "floor"),
  ],
  BatchMatMul: [
    (x) => tf.matMul(turned(x), turned(x), false, true),
    (x) => tf.matMul(turned(x), turned(x), true, false),
  ],
  Cast: [(x) => number(tf.cast(tf.mul(turned(x), 9), "int32")), (x) => number(tf.cast(x, "bool"))],
  Ceil: [(x) => tf.ceil(tf.mul(x, 4))],
  ClipByValue: [(x) => tf.clipByValue(x, -0.5, 0.25), (x) => tf.clipByValue(x, 0, Number.POSITIVE_INFINITY)],
  Concat: [(x) => tf.concat([x, turned(x)], 3), (x) => tf.concat([turned(x), x], 1)],
  Conv2D: [
    (x) => tf.conv2d(x, wave(3, 3, 4, 5) as Tensor4D, 2, "same"),
    (x) => tf.conv2d(x, wave(3, 2, 4, 5) as Tensor4D, [2, 1], "valid"),
    (x) => tf.conv2d(x, wave(3, 3, 4, 5) as Tensor4D, 1, "same", "NHWC", 2),
    (x) => tf.conv2d(x, wave(3, 3, 4, 5) as Tensor4D, 2, 1, "NHWC", 1, "floor"),
  ],
  Conv2DBackpropInput: [
    (x) => tf.conv2dTranspose(x, wave(3, 3, 5, 4) as Tensor4D, [x.shape[0], 26, 20, 5], 2, "same"),
    (x) => tf.conv2dTranspose(x, wave(2, 2, 5, 4) as Tensor4D, [x.shape[0], 26, 20, 5], 2, "valid"),
  ],
  Cos: [tf.cos],
  DepthToSpace: [(x) => tf.depthToSpace(x, 2)],
  DepthwiseConv2dNative: [
    (x) => tf.depthwiseConv2d(x, wave(3, 3, 4, 1) as Tensor4D, 2, "same"),
    (x) => tf.depthwiseConv2d(x, wave(3, 3, 4, 2) as Tensor4D, 1, "valid"),
  ],
  Elu: [tf.elu],
  Equal: [(x) => number(tf.equal(tf.round(x), 0))],
  Erf: [tf.erf],
  Exp: [tf.exp],
  ExpandDims: [(x) => tf.expandDims(turned(x), 2)],
  Expm1: [tf.expm1],
  Floor: [(x) => tf.floor(tf.mul(x, 4))],
  FusedBatchNorm: [
    (x) =>
      tf.batchNorm(tf.relu(x), wave(4) as never, positive(wave(4)) as never, wave(4) as never, wave(4) as never, 1e-5),
    (x) => tf.batchNorm(turned(x), wave(4) as never, positive(wave(4)) as never, undefined, wave(4) as never, 1e-5),
  ],
  FusedConv2D: (["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const).map(
    (activation) => (x: Tensor4D) =>
      tf.fused.conv2d({
        x,
        filter: wave(3, 3, 4, 5) as Tensor4D,
        strides: 1,
        pad: "same",
        bias: wave(5),
        activation,
        leakyreluAlpha: 0.1,
      }),
  ),
  FusedDepthwiseConv2D: [
    (x) =>
      tf.fused.depthwiseConv2d({
        x,
        filter: wave(3, 3, 4, 2) as Tensor4D,
        strides: 1,
        pad: 1,
        bias: wave(8),
        activation: "relu6",
        dimRoundingMode: "floor",
      }),
  ],
  GatherV2: [(x) => tf.gather(turned(x), [2, 0, 2], 3)],
  Greater: [(x) => number(tf.greater(turned(x), 0))],
  GreaterEqual: [(x) => number(tf.greaterEqual(x, 0))],
  Identity: [(x) => tf.relu(tf.clone(x))],
  LeakyRelu: [(x) => tf.leakyRelu(x, 0.1)],
  Less: [(x) => number(tf.less(x, 0))],
  LessEqual: [(x) => number(tf.lessEqual(x, 0))],
  Log: [(x) => tf.log(positive(x))],
  Log1p: [(x) => tf.log1p(positive(x))],
  LogicalAnd: [(x) => number(tf.logicalAnd(tf.greater(x, -0.5), tf.less(x, 0.5)))],
  LogicalNot: [(x) => number(tf.logicalNot(tf.greater(x, 0)))],
  LogicalOr: [(x) => number(tf.logicalOr(tf.greater(x, 0.5), tf.less(x, -0.5)))],
  Max: [(x) => tf.max(turned(x), 3), (x) => tf.max(turned(x), [1, 3], true)],
  Maximum: [(x) => tf.maximum(x, wave(4))],
  MaxPool: [
    (x) => tf.maxPool(x, 3, 2, "same"),
    (x) => tf.maxPool(x, 2, 2, "valid"),
    (x) => tf.maxPool(x, 3, 2, 1, "floor"),
  ],
  Mean: [(x) => tf.mean(turned(x), [1, 2]), (x) => tf.mean(turned(x), 3, true)],
  Min: [(x) => tf.min(turned(x), 1)],
  Minimum: [(x) => tf.minimum(x, wave(10, 4))],
  MirrorPad: [
    (x) =>
      tf.mirrorPad(
        turned(x),
        [
          [0, 0],
          [1, 2],
          [2, 0],
          [0, 0],
        ],
        "reflect",
      ),
  ],
  Multiply: [(x) => tf.mul(turned(x), wave(13, 1, 4))],
  Neg: [tf.neg],
  Pack: [(x) => tf.stack([x, turned(x)], 2)],
  PadV2: [
    (x) =>
      tf.pad(
        turned(x),
        [
          [0, 0],
          [1, 2],
          [0, 3],
          [1, 0],
        ],
        0.5,
      ),
  ],
  Pow: [(x) => tf.pow(positive(x), wave(4))],
  Prelu: [(x) => tf.prelu(turned(x), wave(4))],
  Prod: [(x) => tf.prod(turned(x), 3)],
  RealDiv: [(x) => tf.div(x, positive(wave(4)))],
  Reciprocal: [(x) => tf.reciprocal(positive(x))],
  Relu: [tf.relu],
  Relu6: [(x) => tf.relu6(tf.mul(x, 9))],
  Reshape: [
    // a channel shuffle
    (x) => tf.reshape(tf.transpose(tf.reshape(turned(x), [-1, 13, 10, 2, 2]), [0, 1, 2, 4, 3]), [-1, 13, 10, 4]),
    (x) => tf.reshape(turned(x), [-1, 520]),
    (x) => tf.reshape(tf.mean(turned(x), [1, 2], true), [-1, 4]),
  ],
  ResizeBilinear: [
    (x) => tf.image.resizeBilinear(x, [26, 25]),
    (x) => tf.image.resizeBilinear(x, [7, 25], true),
    (x) => tf.image.resizeBilinear(x, [26, 25], false, true),
  ],
  ResizeNearestNeighbor: [
    (x) => tf.image.resizeNearestNeighbor(x, [26, 20]),
    (x) => tf.image.resizeNearestNeighbor(x, [26, 25]),
    (x) => tf.image.resizeNearestNeighbor(x, [30, 7], true),
    (x) => tf.image.resizeNearestNeighbor(x, [30, 7], false, true),
  ],
  Reverse: [(x) => tf.reverse(turned(x), [1, 3])],
  Round: [(x) => tf.round(tf.mul(x, 4.3))],
  Rsqrt: [(x) => tf.rsqrt(positive(x))],
  Select: [(x) => tf.where(tf.greater(turned(x), 0), turned(x), tf.zerosLike(wave(13, 10, 4)))],
  Selu: [tf.selu],
  Sigmoid: [tf.sigmoid],
  Sign: [tf.sign],
  Sin: [tf.sin],
  Slice: [(x) => tf.slice(turned(x), [0, 2, 0, 1], [-1, 5, -1, 2])],
  Softmax: [(x) => tf.softmax(turned(x))],
  Softplus: [tf.softplus],
  SplitV: [(x) => tf.concat(tf.split(turned(x), [1, 3], 3).toReversed(), 3)],
  Sqrt: [(x) => tf.sqrt(positive(x))],
  Square: [tf.square],
  SquaredDifference: [(x) => tf.squaredDifference(turned(x), wave(4))],
  StridedSlice: [(x) => tf.stridedSlice(turned(x), [0, 1, 0, 0], [0, 12, 10, 4], [1, 2, 3, 1], 0b0101, 0b0001)],
  Sub: [(x) => tf.sub(wave(4), turned(x))],
  Sum: [(x) => tf.sum(turned(x), [2, 3])],
  Tanh: [tf.tanh],
  Tile: [(x) => tf.tile(turned(x), [1, 2, 1, 3])],
  Transpose: [(x) => tf.transpose(turned(x), [0, 3, 2, 1])],
  Unpack: [(x) => tf.unstack(turned(x), 3)[2] as Tensor],
};

describe("ONNX emitters", () => {
  test("each has a pass that is tried", () => {
    expect(Object.keys(passes).toSorted()).toEqual(Object.keys(builtinEmitters).toSorted());
  });

  for (const [kernel, forwards] of Object.entries(passes)) {
    test(`${kernel} gives what TensorFlow.js gives`, async () => {
      for (const [place, forward] of forwards.entries()) {
        const { kernels, difference } = await tryExport(request(forward));
        expect.soft(kernels, `pass ${place}`).toContain(kernel);
        expect.soft(difference, `pass ${place}`).toBeLessThanOrEqual(tolerances.value);
      }
    });
  }
});
