import type { ImageSize } from "../../core/index.ts";

/** A crop in pixels of the original, and whether it is mirrored afterwards. */
export interface PixelWindow {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly flip: boolean;
}

/** The source pixels that make one output pixel along one axis: `weights.length` of them from `first` on. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Resizes a crop of which at least one axis shrinks, first along its rows, then along its columns, rounding once.
 *
 * An axis that shrinks by s weighs source pixels by max(0, 1 − |distance| / s) to the output pixel's centre, over the
 * pixels of the crop alone and normalised, as PyTorch's `interpolate(mode="bilinear", antialias=True)` and Pillow's
 * `BILINEAR` do. An axis that does not shrink is plain bilinear. Pixels outside the original are zero.
 */
export function shrinkWindow(
  source: Uint8Array,
  original: ImageSize,
  window: PixelWindow,
  size: ImageSize,
  out: Uint8Array,
): void {
  const columns = axisTaps(window.left, window.width, original.width, size.width);
  const rows = axisTaps(window.top, window.height, original.height, size.height);
  const firstRow = Math.min(...rows.filter(isUsed).map(({ first }) => first));
  const endRow = Math.max(...rows.filter(isUsed).map(({ first, weights }) => first + weights.length));
  if (!(endRow > firstRow)) {
    out.fill(0);
    return;
  }
  const channels = Math.min(original.channels, size.channels);
  const rowLength = size.width * channels;
  const narrow = new Float64Array((endRow - firstRow) * rowLength); // [rows, size.width, channels]
  for (let y = firstRow; y < endRow; y++) {
    narrowRow(source, y * original.width, original.channels, columns, narrow, (y - firstRow) * rowLength, channels);
  }
  for (let y = 0; y < size.height; y++) {
    const { first, weights } = rows[y] ?? noTaps;
    for (let x = 0; x < size.width; x++) {
      const target = (y * size.width + (window.flip ? size.width - 1 - x : x)) * size.channels;
      for (let channel = 0; channel < size.channels; channel++) {
        let sum = 0;
        let at = (first - firstRow) * rowLength + x * channels + (channel % channels);
        for (let tap = 0; tap < weights.length; tap++, at += rowLength) {
          sum += (weights[tap] as number) * (narrow[at] as number);
        }
        out[target + channel] = Math.floor(sum + 0.5);
      }
    }
  }
}

const noTaps: Taps = { first: 0, weights: new Float64Array(0) };

function isUsed({ weights }: Taps): boolean {
  return weights.length > 0;
}

function narrowRow(
  source: Uint8Array,
  rowStart: number,
  sourceChannels: number,
  columns: readonly Taps[],
  into: Float64Array,
  intoStart: number,
  channels: number,
): void {
  let target = intoStart;
  for (const { first, weights } of columns) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      let at = (rowStart + first) * sourceChannels + channel;
      for (let tap = 0; tap < weights.length; tap++, at += sourceChannels) {
        sum += (weights[tap] as number) * (source[at] as number);
      }
      into[target++] = sum;
    }
  }
}

/** Taps of every output pixel of an axis; those outside the original are left out, and with them their weight. */
function axisTaps(start: number, length: number, originalLength: number, outLength: number): Taps[] {
  const scale = length / outLength;
  return Array.from({ length: outLength }, (_, index) => {
    const taps = scale > 1 ? triangle(start, length, scale, index) : twoPixels(start, length, scale, index);
    return within(taps, originalLength);
  });
}

function triangle(start: number, length: number, scale: number, index: number): Taps {
  const centre = start + (index + 0.5) * scale;
  // Pixels whose centre lies in the crop, so that what is beside it does not bleed in.
  const first = Math.max(Math.ceil(centre - scale - 0.5), Math.ceil(start - 0.5));
  const last = Math.min(Math.floor(centre + scale - 0.5), Math.ceil(start + length - 0.5) - 1);
  const weights = Float64Array.from({ length: last - first + 1 }, (_, tap) =>
    Math.max(0, 1 - Math.abs(first + tap + 0.5 - centre) / scale),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { first, weights: weights.map((weight) => weight / sum) };
}

function twoPixels(start: number, length: number, scale: number, index: number): Taps {
  const centre = (index + 0.5) * scale - 0.5;
  const position = start + Math.min(Math.max(centre, 0), Math.max(length - 1, 0));
  const first = Math.floor(position);
  return { first, weights: Float64Array.of(1 - (position - first), position - first) };
}

function within({ first, weights }: Taps, originalLength: number): Taps {
  const from = Math.max(0, -first);
  const to = Math.min(weights.length, originalLength - first);
  return to > from ? { first: first + from, weights: weights.subarray(from, to) } : noTaps;
}
