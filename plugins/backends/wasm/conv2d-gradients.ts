import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { type ConvAttributes, type ConvInfo, convInfo, isPointwise, type KernelCall, tensorOf } from "./conv-info.ts";
import { allocate, asTensor, views } from "./heap.ts";
import { gatherPatches, patchBudget, scatterPatches } from "./patches.ts";

/** ∂loss/∂filter, `[filterHeight, filterWidth, inChannels, outChannels]`: patchesᵀ·dy, a few images at a time. */
export function conv2dBackpropFilter(tf: Tf, { inputs, attrs }: KernelCall): TensorInfo {
  const x = tensorOf(inputs["x"]);
  const dy = tensorOf(inputs["dy"]);
  const attributes = attrs as ConvAttributes;
  const info = convInfo(tf, attributes, x.shape, attributes.filterShape, false);
  const taps = info.filterHeight * info.filterWidth * info.inChannels;
  const [filterGradient] = allocate(tf, attributes.filterShape) as [TensorInfo];
  const sum = new Float64Array(taps * info.outChannels);
  const imagesAtOnce = imagesWithin(info, taps);
  for (let first = 0; first < info.batchSize; first += imagesAtOnce) {
    const images = Math.min(imagesAtOnce, info.batchSize - first);
    tf.tidy(() => {
      const part = tf.matMul(patchesOf(tf, x, info, first, images), rowsOf(tf, dy, info, first, images));
      const [values] = views(tf, part) as [Float32Array];
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
    });
  }
  const [out] = views(tf, filterGradient) as [Float32Array];
  out.set(sum);
  return filterGradient;
}

/** `[filterHeight·filterWidth·inChannels, images·outHeight·outWidth]` */
function patchesOf(tf: Tf, x: Tensor, info: ConvInfo, first: number, images: number): Tensor {
  const taps = info.filterHeight * info.filterWidth * info.inChannels;
  const [patches] = allocate(tf, [taps, images * info.outHeight * info.outWidth]) as [TensorInfo];
  const [from, to] = views(tf, x, patches) as [Float32Array, Float32Array];
  gatherPatches(from, to, info, first, images);
  return asTensor(tf, patches);
}

/** The output pixels of some images, `[images·outHeight·outWidth, outChannels]`; `tf.slice` takes far longer. */
function rowsOf(tf: Tf, dy: Tensor, info: ConvInfo, first: number, images: number): Tensor {
  const pixels = info.outHeight * info.outWidth;
  const [rows] = allocate(tf, [images * pixels, info.outChannels]) as [TensorInfo];
  const [from, to] = views(tf, dy, rows) as [Float32Array, Float32Array];
  const start = first * pixels * info.outChannels;
  to.set(from.subarray(start, start + to.length));
  return asTensor(tf, rows);
}

/**
 * ∂loss/∂input. A stride of one is a convolution of dy with the turned filter; other strides are dy·filterᵀ, added to
 * where the patches came from. (The kernel that the package has is a plain loop, some ten times slower.)
 */
export function conv2dBackpropInput(tf: Tf, { inputs, attrs }: KernelCall): TensorInfo {
  const dy = tensorOf(inputs["dy"]);
  const filter = tensorOf(inputs["filter"]);
  const attributes = attrs as ConvAttributes;
  const info = convInfo(tf, attributes, attributes.inputShape, filter.shape, false);
  return tf.tidy(() => {
    if (isPointwise(info)) return pointwiseInputGradient(tf, dy, filter, info);
    return turnedPadding(info) === undefined
      ? scatteredInputGradient(tf, dy, filter, info)
      : turnedConvolution(tf, dy, filter, info);
  });
}

function pointwiseInputGradient(tf: Tf, dy: Tensor, filter: Tensor, info: ConvInfo): Tensor {
  const dyRows = tf.reshape(dy, [-1, info.outChannels]);
  const turned = tf.transpose(tf.reshape(filter, [info.inChannels, info.outChannels]));
  return tf.reshape(tf.matMul(dyRows, turned), info.inShape);
}

type Padding = [[0, 0], [number, number], [number, number], [0, 0]];

/** Padding of the convolution that gives the input gradient; `undefined` where there is none. */
function turnedPadding(info: ConvInfo): Padding | undefined {
  if (info.strideHeight !== 1 || info.strideWidth !== 1) return undefined;
  const { top, bottom, left, right } = info.padInfo;
  const height = info.filterHeight - 1;
  const width = info.filterWidth - 1;
  if (Math.max(top, bottom) > height || Math.max(left, right) > width) return undefined;
  return [
    [0, 0],
    [height - top, height - bottom],
    [width - left, width - right],
    [0, 0],
  ];
}

function turnedConvolution(tf: Tf, dy: Tensor, filter: Tensor, info: ConvInfo): Tensor {
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(dy as never, turned as never, 1, turnedPadding(info) as Padding);
}

function scatteredInputGradient(tf: Tf, dy: Tensor, filter: Tensor, info: ConvInfo): Tensor {
  const taps = info.filterHeight * info.filterWidth * info.inChannels;
  const turned = tf.transpose(tf.reshape(filter, [taps, info.outChannels]));
  const [dx] = allocate(tf, info.inShape) as [TensorInfo];
  const dxTensor = asTensor(tf, dx);
  (views(tf, dx)[0] as Float32Array).fill(0);
  const imagesAtOnce = imagesWithin(info, taps);
  for (let first = 0; first < info.batchSize; first += imagesAtOnce) {
    const images = Math.min(imagesAtOnce, info.batchSize - first);
    tf.tidy(() => {
      const product = tf.matMul(rowsOf(tf, dy, info, first, images), turned);
      const [patches, to] = views(tf, product, dx) as [Float32Array, Float32Array];
      scatterPatches(patches, to, info, first, images);
    });
  }
  return dxTensor;
}

/** How many images' patches fit the budget; at least one. */
function imagesWithin(info: ConvInfo, taps: number): number {
  return Math.max(1, Math.floor(patchBudget / (taps * info.outHeight * info.outWidth)));
}
