import type { ConvInfo } from "./conv-info.ts";

/** Fewer floats than this at a time keep the patches in the processor's second-level cache. */
export const patchBudget: number = 1 << 19;

/**
 * Gathers, for images `first` … `first + images − 1`, every input value under every tap of the kernel, transposed:
 * `[filterHeight, filterWidth, inChannels, images·outHeight·outWidth]`, zero where the tap lies in the padding.
 */
export function gatherPatches(x: Float32Array, out: Float32Array, info: ConvInfo, first: number, images: number): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const columns = images * outHeight * outWidth;
  for (let kh = 0; kh < filterHeight; kh++) {
    for (let kw = 0; kw < filterWidth; kw++) {
      const tapRow = (kh * filterWidth + kw) * inChannels * columns;
      for (let image = 0; image < images; image++) {
        const imageStart = (first + image) * inHeight * inWidth * inChannels;
        for (let oh = 0; oh < outHeight; oh++) {
          const column = tapRow + (image * outHeight + oh) * outWidth;
          const ih = oh * info.strideHeight - info.padInfo.top + kh * info.dilationHeight;
          if (ih < 0 || ih >= inHeight) {
            for (let c = 0; c < inChannels; c++) out.fill(0, column + c * columns, column + c * columns + outWidth);
          } else {
            gatherRow(x, out, info, imageStart + ih * inWidth * inChannels, kw, column, columns);
          }
        }
      }
    }
  }
}

/** One output row under one tap, for all channels. */
function gatherRow(
  x: Float32Array,
  out: Float32Array,
  info: ConvInfo,
  rowStart: number,
  kw: number,
  column: number,
  columns: number,
): void {
  const { inChannels, inWidth, outWidth, strideWidth } = info;
  const offset = kw * info.dilationWidth - info.padInfo.left;
  for (let ow = 0; ow < outWidth; ow++) {
    const iw = ow * strideWidth + offset;
    let to = column + ow;
    if (iw < 0 || iw >= inWidth) {
      for (let c = 0; c < inChannels; c++, to += columns) out[to] = 0;
    } else {
      let from = rowStart + iw * inChannels;
      for (let c = 0; c < inChannels; c++, to += columns) out[to] = x[from++] as number;
    }
  }
}

/**
 * The reverse, summed: adds patches `[images·outHeight·outWidth, filterHeight, filterWidth, inChannels]` of images
 * from `first` on to where they were taken from.
 */
export function scatterPatches(
  patches: Float32Array,
  dx: Float32Array,
  info: ConvInfo,
  first: number,
  images: number,
): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const patchSize = filterHeight * filterWidth * inChannels;
  let from = 0;
  for (let image = first; image < first + images; image++) {
    const imageStart = image * inHeight * inWidth * inChannels;
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++, from += patchSize)
        scatterPatch(patches, dx, info, from, imageStart, oh, ow);
    }
  }
}

function scatterPatch(
  patches: Float32Array,
  dx: Float32Array,
  info: ConvInfo,
  patchStart: number,
  imageStart: number,
  oh: number,
  ow: number,
): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth } = info;
  const top = oh * info.strideHeight - info.padInfo.top;
  const left = ow * info.strideWidth - info.padInfo.left;
  let from = patchStart;
  for (let kh = 0; kh < filterHeight; kh++) {
    const ih = top + kh * info.dilationHeight;
    for (let kw = 0; kw < filterWidth; kw++, from += inChannels) {
      const iw = left + kw * info.dilationWidth;
      if (ih < 0 || ih >= inHeight || iw < 0 || iw >= inWidth) continue;
      const to = imageStart + (ih * inWidth + iw) * inChannels;
      for (let c = 0; c < inChannels; c++) dx[to + c] = (dx[to + c] as number) + (patches[from + c] as number);
    }
  }
}
