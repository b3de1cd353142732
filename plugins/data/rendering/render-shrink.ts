import type { ImageSize } from "../../../core/index.ts";

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
  const sums = new Float64Array(rowLength);
  for (let y = 0; y < size.height; y++) {
    const { first, weights } = rows[y] ?? noTaps;
    sums.fill(0);
    for (let tap = 0; tap < weights.length; tap++) {
      const weight = weights[tap] as number;
      const from = (first + tap - firstRow) * rowLength;
      for (let at = 0; at < rowLength; at++) sums[at] = (sums[at] as number) + weight * (narrow[from + at] as number);
    }
    writeRow(sums, channels, window.flip, size, out.subarray(y * size.width * size.channels));
  }
}

function writeRow(sums: Float64Array, channels: number, flip: boolean, size: ImageSize, out: Uint8Array): void {
  for (let x = 0; x < size.width; x++) {
    const target = (flip ? size.width - 1 - x : x) * size.channels;
    for (let channel = 0; channel < size.channels; channel++) {
      out[target + channel] = Math.floor((sums[x * channels + (channel % channels)] as number) + 0.5);
    }
  }
}

const noTaps: Taps = { first: 0, weights: new Float64Array(0) };

function isUsed({ weights }: Taps): boolean {
  return weights.length > 0;
}

/** One row of the source, narrowed to the width of the output: `[size.width, channels]` from `intoStart` on. */
function narrowRow(
  source: Uint8Array,
  rowStart: number,
  sourceChannels: number,
  columns: readonly Taps[],
  into: Float64Array,
  intoStart: number,
  channels: number,
): void {
  for (let x = 0; x < columns.length; x++) {
    const { first, weights } = columns[x] as Taps;
    const target = intoStart + x * channels;
    let at = (rowStart + first) * sourceChannels;
    if (channels === 3) {
      // Most of the work: three local sums instead of three passes over the taps.
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = 0; tap < weights.length; tap++, at += sourceChannels) {
        const weight = weights[tap] as number;
        red += weight * (source[at] as number);
        green += weight * (source[at + 1] as number);
        blue += weight * (source[at + 2] as number);
      }
      into[target] = red;
      into[target + 1] = green;
      into[target + 2] = blue;
      continue;
    }
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) {
        sum += (weights[tap] as number) * (source[at + channel + tap * sourceChannels] as number);
      }
      into[target + channel] = sum;
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
