import type { Tensor } from "@tensorflow/tfjs";
import type { SmallLoss } from "./small-step.ts";

type Operations = Readonly<Record<string, SmallLoss>>;

const half = (x: Tensor): Tensor => x.mul(0.5);

/** Operations of one argument or of two of a kind. */
export const arithmetic: Operations = {
  abs: ({ tf, x, weight }) => tf.abs(tf.sub(x, weight)),
  acos: ({ tf, x, weight }) => tf.acos(half(tf.mul(x, weight))),
  acosh: ({ tf, x, weight }) => tf.acosh(tf.add(tf.mul(x, weight), 1.5)),
  addN: ({ tf, x, weight }) => tf.addN([x, tf.mul(x, weight)]),
  asin: ({ tf, x, weight }) => tf.asin(half(tf.mul(x, weight))),
  asinh: ({ tf, x, weight }) => tf.asinh(tf.mul(x, weight)),
  atan: ({ tf, x, weight }) => tf.atan(tf.mul(x, weight)),
  atan2: ({ tf, x, weight }) => tf.atan2(x, weight),
  atanh: ({ tf, x, weight }) => tf.atanh(half(tf.mul(x, weight))),
  ceil: ({ tf, x, weight }) => tf.add(weight, tf.ceil(tf.mul(x, 3))),
  clipByValue: ({ tf, x, weight }) => tf.clipByValue(tf.mul(x, weight), 0.1, 0.3),
  cos: ({ tf, x, weight }) => tf.cos(tf.mul(x, weight)),
  cosh: ({ tf, x, weight }) => tf.cosh(tf.mul(x, weight)),
  div: ({ tf, x, weight }) => tf.div(x, tf.add(weight, 2)),
  divNoNan: ({ tf, x, weight }) => tf.divNoNan(x, weight),
  elu: ({ tf, x, weight }) => tf.elu(tf.sub(x, weight)),
  erf: ({ tf, x, weight }) => tf.erf(tf.mul(x, weight)),
  exp: ({ tf, x, weight }) => tf.exp(tf.mul(x, weight)),
  expm1: ({ tf, x, weight }) => tf.expm1(tf.mul(x, weight)),
  floor: ({ tf, x, weight }) => tf.add(weight, tf.floor(tf.mul(x, 3))),
  leakyRelu: ({ tf, x, weight }) => tf.leakyRelu(tf.sub(x, weight), 0.1),
  log: ({ tf, x, weight }) => tf.log(tf.add(tf.mul(x, weight), 1)),
  log1p: ({ tf, x, weight }) => tf.log1p(tf.mul(x, weight)),
  maximum: ({ tf, x, weight }) => tf.maximum(x, tf.mul(tf.onesLike(x), weight)),
  minimum: ({ tf, x, weight }) => tf.minimum(x, tf.mul(tf.onesLike(x), weight)),
  mod: ({ tf, x, weight }) => tf.mod(x, tf.add(weight, 0.5)),
  neg: ({ tf, x, weight }) => tf.neg(tf.mul(x, weight)),
  pow: ({ tf, x, weight }) => tf.pow(x, weight),
  prelu: ({ tf, x, weight }) => tf.prelu(tf.sub(x, 0.5), weight),
  reciprocal: ({ tf, x, weight }) => tf.reciprocal(tf.add(x, weight)),
  relu: ({ tf, x, weight }) => tf.relu(tf.sub(x, weight)),
  relu6: ({ tf, x, weight }) => tf.relu6(tf.sub(x, weight)),
  round: ({ tf, x, weight }) => tf.add(weight, tf.round(tf.mul(x, 3))),
  rsqrt: ({ tf, x, weight }) => tf.rsqrt(tf.add(x, weight)),
  selu: ({ tf, x, weight }) => tf.selu(tf.sub(x, weight)),
  sigmoid: ({ tf, x, weight }) => tf.sigmoid(tf.mul(x, weight)),
  sign: ({ tf, x, weight }) => tf.mul(weight, tf.sign(tf.sub(x, 0.4))),
  sin: ({ tf, x, weight }) => tf.sin(tf.mul(x, weight)),
  sinh: ({ tf, x, weight }) => tf.sinh(tf.mul(x, weight)),
  softplus: ({ tf, x, weight }) => tf.softplus(tf.mul(x, weight)),
  sqrt: ({ tf, x, weight }) => tf.sqrt(tf.add(x, weight)),
  squaredDifference: ({ tf, x, weight }) => tf.squaredDifference(x, tf.mul(x, weight)),
  step: ({ tf, x, weight }) => tf.mul(weight, tf.step(tf.sub(x, 0.5))),
  tan: ({ tf, x, weight }) => tf.tan(tf.mul(x, weight)),
  tanh: ({ tf, x, weight }) => tf.tanh(tf.mul(x, weight)),
};

/** Booleans, whole numbers, and what chooses by them. */
export const choices: Operations = {
  all: ({ tf, x, weight }) => tf.mul(weight, tf.cast(tf.all(tf.greater(x, 0)), "float32")),
  any: ({ tf, x, weight }) => tf.mul(weight, tf.cast(tf.any(tf.greater(x, weight), 1, true), "float32")),
  argMax: ({ tf, x, weight }) => tf.mul(weight, tf.expandDims(tf.cast(tf.argMax(x, 1), "float32"), 1)),
  argMin: ({ tf, x, weight }) => tf.mul(weight, tf.expandDims(tf.cast(tf.argMin(x, 1), "float32"), 1)),
  bincount: ({ tf, labels, weight }) => tf.mul(weight, tf.bincount(labels as never, tf.tensor1d([]), 4)),
  "cast to int32": ({ tf, x, weight }) => tf.mul(weight, tf.cast(tf.cast(tf.mul(x, 10), "int32"), "float32")),
  "cast to bool": ({ tf, x, weight }) => tf.mul(weight, tf.cast(tf.cast(x, "bool"), "float32")),
  equal: ({ tf, labels, weight }) => {
    const same = tf.equal(tf.expandDims(labels, 1), tf.expandDims(labels, 0));
    return tf.mul(weight, tf.sum(tf.cast(same, "float32")));
  },
  floorDiv: ({ tf, labels, weight }) => {
    const halved = tf.floorDiv(labels, tf.scalar(2, "int32"));
    return tf.mul(weight, tf.expandDims(tf.cast(halved, "float32"), 1));
  },
  gather: ({ tf, x, weight, labels }) => tf.gather(tf.mul(x, weight), labels as never, 1),
  "gather rows": ({ tf, x, weight, labels }) => tf.gather(tf.mul(x, weight), labels as never, 0),
  "gather by constants": ({ tf, x, weight }) => tf.gather(tf.mul(x, weight), [0, 2], 1),
  gatherND: ({ tf, x, weight, labels }) => {
    const places = tf.stack([tf.range(0, 4, 1, "int32"), labels], 1);
    return tf.mul(weight, tf.expandDims(tf.gatherND(x, places), 1));
  },
  greater: ({ tf, x, weight }) => tf.where(tf.greater(x, weight), x, tf.mul(x, weight)),
  greaterEqual: ({ tf, x, weight }) => tf.where(tf.greaterEqual(x, weight), x, tf.mul(x, weight)),
  isFinite: ({ tf, x, weight }) => tf.where(tf.isFinite(x), tf.mul(x, weight), x),
  isInf: ({ tf, x, weight }) => tf.where(tf.isInf(x), tf.zerosLike(x), tf.mul(x, weight)),
  isNaN: ({ tf, x, weight }) => tf.where(tf.isNaN(x), tf.zerosLike(x), tf.mul(x, weight)),
  less: ({ tf, x, weight }) => tf.where(tf.less(x, weight), x, tf.mul(x, weight)),
  lessEqual: ({ tf, x, weight }) => tf.where(tf.lessEqual(x, weight), x, tf.mul(x, weight)),
  logicalAnd: ({ tf, x, weight }) => tf.where(tf.logicalAnd(tf.greater(x, 0.2), tf.less(x, 0.8)), x, tf.mul(x, weight)),
  logicalNot: ({ tf, x, weight }) => tf.where(tf.logicalNot(tf.greater(x, 0.2)), x, tf.mul(x, weight)),
  logicalOr: ({ tf, x, weight }) => tf.where(tf.logicalOr(tf.less(x, 0.2), tf.greater(x, 0.8)), x, tf.mul(x, weight)),
  logicalXor: ({ tf, x, weight }) => tf.where(tf.logicalXor(tf.greater(x, 0.2), tf.less(x, 0.8)), x, tf.mul(x, weight)),
  notEqual: ({ tf, labels, x, weight }) => {
    const others = tf.notEqual(tf.expandDims(labels, 1), tf.scalar(1, "int32"));
    return tf.where(others, x, tf.mul(x, weight));
  },
  oneHot: ({ tf, labels, weight }) => tf.mul(tf.cast(tf.oneHot(labels as never, 4), "float32"), weight),
  scatterND: ({ tf, labels, x, weight }) => tf.mul(weight, tf.scatterND(tf.expandDims(labels, 1), x, [4, 4])),
  sparseToDense: ({ tf, x, weight }) => {
    const places = tf.tensor1d([0, 2], "int32");
    return tf.mul(tf.mul(x, weight), tf.sparseToDense(places, tf.tensor1d([1, 2]), [4]));
  },
  "sum of booleans": ({ tf, x, weight }) => tf.mul(weight, tf.cast(tf.sum(tf.greater(x, 0.5)), "float32")),
  tensorScatterUpdate: ({ tf, x, weight, labels }) =>
    tf.mul(weight, tf.tensorScatterUpdate(tf.zerosLike(x), tf.expandDims(labels, 1), x)),
  topk: ({ tf, x, weight }) => tf.mul(weight, tf.topk(x, 4).values),
  "topk indices": ({ tf, x, weight }) => tf.mul(weight, tf.cast(tf.topk(x, 4).indices, "float32")),
  unsortedSegmentSum: ({ tf, labels, x, weight }) => tf.mul(weight, tf.unsortedSegmentSum(x, labels as never, 4)),
  "where on int32": ({ tf, labels, weight }) => {
    const large = tf.where(tf.greater(labels, 1), labels, tf.zerosLike(labels));
    return tf.mul(weight, tf.expandDims(tf.cast(large, "float32"), 1));
  },
};

export const reductions: Operations = {
  cumprod: ({ tf, x, weight }) => tf.mul(weight, tf.cumprod(x, 1)),
  cumsum: ({ tf, x, weight }) => tf.cumsum(tf.mul(x, weight), 1),
  dot: ({ tf, x, weight }) => tf.dot(x, weight),
  einsum: ({ tf, x, weight }) => tf.add(tf.sum(weight), tf.einsum("ij,kj->ik", x, x)),
  logSoftmax: ({ tf, x, weight }) => tf.logSoftmax(tf.mul(x, weight)),
  logSumExp: ({ tf, x, weight }) => tf.logSumExp(tf.mul(x, weight), 1),
  matMul: ({ tf, x, weight }) => tf.matMul(x, tf.reshape(weight, [4, 1])),
  "matMul transposed": ({ tf, x, weight }) => tf.matMul(tf.mul(x, weight), x, false, true),
  "fused matMul": ({ tf, x, weight }) => {
    const b = tf.reshape(weight, [4, 1]);
    return tf.fused.matMul({ a: x, b, activation: "relu", bias: tf.scalar(0.1) });
  },
  max: ({ tf, x, weight }) => tf.max(tf.mul(x, weight), 1),
  mean: ({ tf, x, weight }) => tf.mean(tf.mul(x, weight), 0),
  min: ({ tf, x, weight }) => tf.min(tf.mul(x, weight), 1),
  moments: ({ tf, x, weight }) => tf.moments(tf.mul(x, weight), 1).variance,
  norm: ({ tf, x, weight }) => tf.norm(tf.mul(x, weight), 2, 1),
  prod: ({ tf, x, weight }) => tf.prod(tf.mul(x, weight), 1),
  softmax: ({ tf, x, weight }) => tf.softmax(tf.mul(x, weight)),
  sum: ({ tf, x, weight }) => tf.sum(tf.mul(x, weight), 1, true),
  absoluteDifference: ({ tf, x, weight }) => tf.losses.absoluteDifference(x, tf.mul(x, weight)),
  cosineDistance: ({ tf, x, weight }) => tf.losses.cosineDistance(x, tf.mul(x, weight), 1),
  hingeLoss: ({ tf, x, weight }) => tf.losses.hingeLoss(x, tf.mul(x, weight)),
  huberLoss: ({ tf, x, weight }) => tf.losses.huberLoss(x, tf.mul(x, weight)),
  logLoss: ({ tf, x, weight }) => tf.losses.logLoss(x, tf.sigmoid(tf.mul(x, weight))),
  meanSquaredError: ({ tf, x, weight }) => tf.losses.meanSquaredError(x, tf.mul(x, weight)),
  sigmoidCrossEntropy: ({ tf, x, weight }) => tf.losses.sigmoidCrossEntropy(x, tf.mul(x, weight)),
  softmaxCrossEntropy: ({ tf, labels, x, weight }) =>
    tf.losses.softmaxCrossEntropy(tf.oneHot(labels as never, 4), tf.mul(x, weight)),
};

export const shapes: Operations = {
  broadcastTo: ({ tf, weight }) => tf.broadcastTo(weight, [3, 4]),
  concat: ({ tf, x, weight }) => tf.concat([tf.mul(x, weight), x], 1),
  expandDims: ({ tf, x, weight }) => tf.expandDims(tf.mul(x, weight), 1),
  "expandDims of int32": ({ tf, labels, weight }) => tf.mul(weight, tf.cast(tf.expandDims(labels, 1), "float32")),
  eye: ({ tf, x, weight }) => tf.matMul(tf.mul(x, weight), tf.eye(4)),
  fill: ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), tf.fill([4], 3)),
  linspace: ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), tf.linspace(0, 1, 4)),
  mirrorPad: ({ tf, x, weight }) => {
    const sides: [number, number][] = [
      [0, 0],
      [1, 1],
    ];
    return tf.mul(tf.sum(weight), tf.mirrorPad(x, sides, "reflect"));
  },
  ones: ({ tf, x, weight }) => tf.mul(tf.ones([4]), tf.mul(x, weight)),
  onesLike: ({ tf, x, weight }) => tf.mul(tf.onesLike(x), weight),
  pad: ({ tf, x, weight }) => tf.pad2d(tf.mul(x, weight) as never, [[0, 0], [1, 2]]), // biome-ignore format: a matrix
  "pad with a number": ({ tf, x, weight }) => tf.pad1d(tf.sum(tf.mul(x, weight), 0) as never, [2, 1], -1),
  range: ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), tf.range(0, 4)),
  reshape: ({ tf, x, weight }) => tf.reshape(tf.mul(x, weight), [-1]),
  reverse: ({ tf, x, weight }) => tf.reverse(tf.mul(x, weight), 1),
  slice: ({ tf, x, weight }) => tf.slice(tf.mul(x, weight), [0, 1], [-1, 2]),
  split: ({ tf, x, weight }) => {
    const [left, right] = tf.split(tf.mul(x, weight), 2, 1) as [Tensor, Tensor];
    return tf.mul(left, right);
  },
  squeeze: ({ tf, x, weight }) => tf.squeeze(tf.expandDims(tf.mul(x, weight), 2), [2]),
  stack: ({ tf, x, weight }) => tf.stack([tf.mul(x, weight), x]),
  stridedSlice: ({ tf, x, weight }) => tf.mul(tf.sum(weight), tf.stridedSlice(x, [0, 0], [2, 4], [1, 2])),
  tile: ({ tf, x, weight }) => tf.tile(tf.mul(x, weight), [1, 2]),
  transpose: ({ tf, x, weight }) => tf.transpose(tf.mul(x, weight)),
  unstack: ({ tf, x, weight }) => tf.addN(tf.unstack(tf.mul(x, weight), 1)),
  zeros: ({ tf, x, weight }) => tf.add(tf.zeros([4]), tf.mul(x, weight)),
  zerosLike: ({ tf, x, weight }) => tf.add(tf.zerosLike(x), weight),
};

const scaled: SmallLoss = ({ tf, pixels, weight }) => tf.mul(tf.div(pixels, 255), tf.sum(weight));
const filter = ({ tf, weight }: Parameters<SmallLoss>[0], shape: number[]): never => tf.reshape(weight, shape) as never;

/** What networks and losses do to images, with the gradients. */
export const images: Operations = {
  avgPool: (all) => all.tf.avgPool(scaled(all) as never, 3, 2, "same"),
  batchNorm: (all) => {
    const x = scaled(all) as never;
    const { mean, variance } = all.tf.moments(x, [0, 1, 2]);
    return all.tf.square(
      all.tf.batchNorm(x, mean as never, all.tf.add(variance, 1) as never, all.tf.zeros([2]), all.tf.ones([2])),
    );
  },
  conv2d: (all) => all.tf.conv2d(all.pixels as never, filter(all, [1, 1, 2, 2]), 2, "same"),
  "conv2d, fused": (all) => {
    const parts = {
      x: all.pixels as never,
      filter: filter(all, [1, 1, 2, 2]),
      strides: 1,
      activation: "relu",
    } as const;
    return all.tf.fused.conv2d({ ...parts, pad: "same" });
  },
  conv2dTranspose: (all) =>
    all.tf.conv2dTranspose(all.pixels as never, filter(all, [1, 1, 2, 2]), [4, 6, 6, 2], 1, "same"),
  cropAndResize: (all) => {
    const boxes = all.tf.tensor2d([[0, 0, 1, 1]]);
    const cropped = all.tf.image.cropAndResize(all.pixels as never, boxes, all.tf.tensor1d([0], "int32"), [3, 3]);
    return all.tf.mul(all.tf.sum(all.weight), cropped);
  },
  depthToSpace: (all) => {
    const deep = all.tf.tile(all.pixels, [1, 1, 1, 2]) as never;
    return all.tf.mul(all.tf.sum(all.weight), all.tf.depthToSpace(deep, 2));
  },
  depthwiseConv2d: (all) => all.tf.depthwiseConv2d(all.pixels as never, filter(all, [2, 1, 2, 1]), 1, "same"),
  dilation2d: (all) => all.tf.dilation2d(all.pixels as never, filter(all, [2, 1, 2]), 1, "same"),
  flipLeftRight: (all) => all.tf.mul(all.tf.sum(all.weight), all.tf.image.flipLeftRight(all.pixels as never)),
  localResponseNormalization: (all) => all.tf.localResponseNormalization(scaled(all) as never),
  maxPool: (all) => all.tf.maxPool(scaled(all) as never, 3, 2, "same"),
  "pad on all sides": (all) => all.tf.pad4d(scaled(all) as never, [[0, 0], [1, 2], [1, 0], [0, 0]]), // biome-ignore format: a matrix
  resizeBilinear: (all) => all.tf.image.resizeBilinear(scaled(all) as never, [3, 3]),
  "resizeBilinear, half pixels": (all) => all.tf.image.resizeBilinear(scaled(all) as never, [12, 12], false, true),
  resizeNearestNeighbor: (all) => all.tf.image.resizeNearestNeighbor(scaled(all) as never, [12, 12]),
  separableConv2d: (all) => {
    const pointwise = all.tf.ones([1, 1, 2, 3]) as never;
    return all.tf.separableConv2d(all.pixels as never, filter(all, [2, 1, 2, 1]), pointwise, 1, "same");
  },
  spaceToBatchND: (all) => all.tf.spaceToBatchND(scaled(all), [2, 2], [[0, 0], [0, 0]]), // biome-ignore format: a matrix
  "transpose to channels first": (all) => all.tf.transpose(scaled(all), [0, 3, 1, 2]),
  fft: ({ tf, x, weight }) => tf.mul(weight, tf.real(tf.fft(tf.complex(x, x)))),
  ifft: ({ tf, x, weight }) => tf.mul(weight, tf.imag(tf.ifft(tf.complex(x, x)))),
  "abs of complex numbers": ({ tf, x, weight }) => tf.mul(weight, tf.abs(tf.complex(x, x))),
};
