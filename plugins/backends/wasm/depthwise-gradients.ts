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
  const { inChannels, outChannels } = info;
  const multiplier = outChannels / inChannels;
  const sum = new Float64Array(outChannels);
  forEachTap(info, (tap) => {
    sum.fill(0);
    forEachPixel(info, tap, (from, to) => {
      if (multiplier === 1) {
        for (let c = 0; c < inChannels; c++) sum[c] = (sum[c] as number) + (xs[from + c] as number) * (dys[to + c] as number);
      } else {
        for (let o = 0; o < outChannels; o++) {
          const value = xs[from + Math.floor(o / multiplier)] as number;
          sum[o] = (sum[o] as number) + value * (dys[to + o] as number);
        }
      }
    });
    filterGradient.set(sum, (tap.kh * info.filterWidth + tap.kw) * outChannels);
  });
  return out;
}

/** ∂loss/∂input of a depthwise convolution. */
export function depthwiseBackpropInput(tf: Tf, { inputs, attrs }: KernelCall): TensorInfo {
  const dy = tensorOf(inputs["dy"]);
  const filter = tensorOf(inputs["filter"]);
  const attributes = attrs as ConvAttributes;
  const info = convInfo(tf, attributes, attributes.inputShape, filter.shape, true);
  const [out] = allocate(tf, attributes.inputShape) as [TensorInfo];
  const [dys, weights, dx] = views(tf, dy, filter, out) as [Float32Array, Float32Array, Float32Array];
  const { inChannels, outChannels } = info;
  const multiplier = outChannels / inChannels;
  dx.fill(0);
  forEachTap(info, (tap) => {
    const tapStart = (tap.kh * info.filterWidth + tap.kw) * outChannels;
    const tapWeights = weights.slice(tapStart, tapStart + outChannels);
    forEachPixel(info, tap, (to, from) => {
      if (multiplier === 1) {
        for (let c = 0; c < inChannels; c++) {
          dx[to + c] = (dx[to + c] as number) + (dys[from + c] as number) * (tapWeights[c] as number);
        }
      } else {
        for (let o = 0; o < outChannels; o++) {
          const at = to + Math.floor(o / multiplier);
          dx[at] = (dx[at] as number) + (dys[from + o] as number) * (tapWeights[o] as number);
        }
      }
    });
  });
  return out;
}

interface Tap {
  readonly kh: number;
  readonly kw: number;
}

function forEachTap(info: ConvInfo, visit: (tap: Tap) => void): void {
  for (let kh = 0; kh < info.filterHeight; kh++) {
    for (let kw = 0; kw < info.filterWidth; kw++) visit({ kh, kw });
  }
}

/** Calls `visit` with where an input pixel's channels start and where those of the output pixel that sees it do. */
function forEachPixel(info: ConvInfo, { kh, kw }: Tap, visit: (input: number, output: number) => void): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, strideWidth } = info;
  const offset = kw * info.dilationWidth - info.padInfo.left;
  const firstColumn = Math.max(0, Math.ceil(-offset / strideWidth));
  const endColumn = Math.min(outWidth, Math.ceil((inWidth - offset) / strideWidth));
  for (let image = 0; image < batchSize; image++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const ih = oh * info.strideHeight - info.padInfo.top + kh * info.dilationHeight;
      if (ih < 0 || ih >= inHeight) continue;
      const inputRow = (image * inHeight + ih) * inWidth;
      const outputRow = (image * outHeight + oh) * outWidth;
      for (let ow = firstColumn; ow < endColumn; ow++) {
        visit((inputRow + ow * strideWidth + offset) * inChannels, (outputRow + ow) * outChannels);
      }
    }
  }
}
