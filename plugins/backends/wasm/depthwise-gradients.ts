import type { TensorInfo } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { type ConvAttributes, type ConvInfo, convInfo, type KernelCall, tensorOf } from "./conv-info.ts";
import { allocate, views } from "./heap.ts";

/** ∂loss/∂filter of a depthwise convolution, `[filterHeight, filterWidth, inChannels, multiplier]`. */
export function depthwiseBackpropFilter(tf: Tf, { inputs, attrs }: KernelCall): TensorInfo {
  const x = tensorOf(inputs["x"]);
  const dy = tensorOf(inputs["dy"]);
  const attributes = attrs as ConvAttributes;
  const info = convInfo(tf, attributes, x.shape, attributes.filterShape, true);
  const [out] = allocate(tf, attributes.filterShape) as [TensorInfo];
  const [xs, dys, filterGradient] = views(tf, x, dy, out) as [Float32Array, Float32Array, Float32Array];
  const sums = new Float64Array(filterGradient.length);
  const addRow = info.outChannels === info.inChannels ? addRowProducts : addRowProductsMultiplied;
  forEachRow(info, (row) => addRow(info, row, xs, dys, sums));
  filterGradient.set(sums);
  return out;
}

/** ∂loss/∂input of a depthwise convolution. */
export function depthwiseBackpropInput(tf: Tf, { inputs, attrs }: KernelCall): TensorInfo {
  const dy = tensorOf(inputs["dy"]);
  const filter = tensorOf(inputs["filter"]);
  const attributes = attrs as ConvAttributes;
  const info = convInfo(tf, attributes, attributes.inputShape, filter.shape, true);
  const [out] = allocate(tf, attributes.inputShape) as [TensorInfo];
  const [dys, weights, dxs] = views(tf, dy, filter, out) as [Float32Array, Float32Array, Float32Array];
  dxs.fill(0);
  const addRow = info.outChannels === info.inChannels ? addRowBack : addRowBackMultiplied;
  forEachRow(info, (row) => addRow(info, row, dys, weights, dxs));
  return out;
}

/** One output row under one tap of the kernel: the pixels that lie in the input, as offsets into the arrays. */
interface TapRow {
  /** Where the tap's weights start. */
  readonly tap: number;
  readonly input: number;
  readonly output: number;
  readonly pixels: number;
}

function forEachRow(info: ConvInfo, visit: (row: TapRow) => void): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, strideWidth } = info;
  for (let image = 0; image < batchSize; image++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let kh = 0; kh < info.filterHeight; kh++) {
        const ih = oh * info.strideHeight - info.padInfo.top + kh * info.dilationHeight;
        if (ih < 0 || ih >= inHeight) continue;
        for (let kw = 0; kw < info.filterWidth; kw++) {
          const offset = kw * info.dilationWidth - info.padInfo.left;
          const first = Math.max(0, Math.ceil(-offset / strideWidth));
          const end = Math.min(outWidth, Math.ceil((inWidth - offset) / strideWidth));
          visit({
            tap: (kh * info.filterWidth + kw) * outChannels,
            input: ((image * inHeight + ih) * inWidth + first * strideWidth + offset) * inChannels,
            output: ((image * outHeight + oh) * outWidth + first) * outChannels,
            pixels: end - first,
          });
        }
      }
    }
  }
}

type F = Float32Array;

function addRowProducts(
  info: ConvInfo,
  { tap, input, output, pixels }: TapRow,
  xs: F,
  dys: F,
  sums: Float64Array,
): void {
  const channels = info.inChannels;
  const step = info.strideWidth * channels;
  for (let pixel = 0, x = input, y = output; pixel < pixels; pixel++, x += step, y += channels) {
    for (let c = 0; c < channels; c++) {
      sums[tap + c] = (sums[tap + c] as number) + (xs[x + c] as number) * (dys[y + c] as number);
    }
  }
}

function addRowProductsMultiplied(info: ConvInfo, row: TapRow, xs: F, dys: F, sums: Float64Array): void {
  const { inChannels, outChannels, strideWidth } = info;
  const multiplier = outChannels / inChannels;
  for (let pixel = 0; pixel < row.pixels; pixel++) {
    const x = row.input + pixel * strideWidth * inChannels;
    const y = row.output + pixel * outChannels;
    for (let o = 0; o < outChannels; o++) {
      const product = (xs[x + Math.floor(o / multiplier)] as number) * (dys[y + o] as number);
      sums[row.tap + o] = (sums[row.tap + o] as number) + product;
    }
  }
}

function addRowBack(info: ConvInfo, { tap, input, output, pixels }: TapRow, dys: F, weights: F, dxs: F): void {
  const channels = info.inChannels;
  const step = info.strideWidth * channels;
  for (let pixel = 0, x = input, y = output; pixel < pixels; pixel++, x += step, y += channels) {
    for (let c = 0; c < channels; c++) {
      dxs[x + c] = (dxs[x + c] as number) + (dys[y + c] as number) * (weights[tap + c] as number);
    }
  }
}

function addRowBackMultiplied(info: ConvInfo, row: TapRow, dys: F, weights: F, dxs: F): void {
  const { inChannels, outChannels, strideWidth } = info;
  const multiplier = outChannels / inChannels;
  for (let pixel = 0; pixel < row.pixels; pixel++) {
    const x = row.input + pixel * strideWidth * inChannels;
    const y = row.output + pixel * outChannels;
    for (let o = 0; o < outChannels; o++) {
      const at = x + Math.floor(o / multiplier);
      dxs[at] = (dxs[at] as number) + (dys[y + o] as number) * (weights[row.tap + o] as number);
    }
  }
}
