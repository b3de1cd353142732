import type { ImageSize, SoloView } from "../../../core/index.ts";
import { shrinkWindow } from "./render-shrink.ts";

/** Shifts come as fractions of a side; what is this near to a whole pixel is one. */
const wholePixelTolerance = 1e-6;

/**
 * Cuts the crop out of an image, brings it to any size, and mirrors it where the view says so.
 *
 * A crop of whole pixels at its own size is an exact copy. Anything else is cut out first and then resized bilinearly
 * with half-pixel centres (PyTorch's `align_corners=False`, TensorFlow's `half_pixel_centers`); where an axis shrinks,
 * the triangle grows with the scale, so that nothing aliases (PyTorch's `antialias=True`). Outside the original is
 * zero. The flip comes last. Grey images fill every channel that is asked for.
 *
 * @param source uint8 `[original.height, original.width, original.channels]`
 * @param out uint8 `[size.height, size.width, size.channels]`, wholly overwritten
 */
export function renderCrop(
  source: Uint8Array,
  original: ImageSize,
  view: SoloView,
  size: ImageSize,
  out: Uint8Array,
): void {
  const left = view.left * original.width;
  const top = view.top * original.height;
  const width = view.width * original.width;
  const height = view.height * original.height;
  if (
    isNear(width, size.width) &&
    isNear(height, size.height) &&
    isNear(left, Math.round(left)) &&
    isNear(top, Math.round(top))
  ) {
    copyWindow(source, original, Math.round(left), Math.round(top), view.flip, size, out);
  } else if (width > size.width + wholePixelTolerance || height > size.height + wholePixelTolerance) {
    shrinkWindow(source, original, { left, top, width, height, flip: view.flip }, size, out);
  } else {
    resampleWindow(source, original, view, size, out);
  }
}

function isNear(value: number, other: number): boolean {
  return Math.abs(value - other) < wholePixelTolerance;
}

function copyWindow(
  source: Uint8Array,
  original: ImageSize,
  left: number,
  top: number,
  flip: boolean,
  size: ImageSize,
  out: Uint8Array,
): void {
  const firstX = Math.max(0, -left);
  const endX = Math.min(size.width, original.width - left);
  const firstY = Math.max(0, -top);
  const endY = Math.min(size.height, original.height - top);
  if (firstX > 0 || firstY > 0 || endX < size.width || endY < size.height) out.fill(0);
  const rowsAreEqual = !flip && original.channels === size.channels;
  for (let y = firstY; y < endY; y++) {
    const sourceRow = (y + top) * original.width + left;
    if (rowsAreEqual) {
      const from = (sourceRow + firstX) * size.channels;
      const to = (sourceRow + endX) * size.channels;
      if (to > from) out.set(source.subarray(from, to), (y * size.width + firstX) * size.channels);
      continue;
    }
    for (let x = firstX; x < endX; x++) {
      const target = (y * size.width + (flip ? size.width - 1 - x : x)) * size.channels;
      for (let channel = 0; channel < size.channels; channel++) {
        out[target + channel] = source[(sourceRow + x) * original.channels + (channel % original.channels)] ?? 0;
      }
    }
  }
}

/** The two source pixels of each output pixel along one axis, −1 outside, and the weight of the second. */
interface AxisTaps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float64Array;
}

/**
 * @param start first edge of the crop, in source pixels
 * @param length the crop's length, in source pixels
 */
function axisTaps(start: number, length: number, originalLength: number, outLength: number): AxisTaps {
  const low = new Int32Array(outLength);
  const high = new Int32Array(outLength);
  const weight = new Float64Array(outLength);
  const inside = (pixel: number): number => (pixel >= 0 && pixel < originalLength ? pixel : -1);
  for (let index = 0; index < outLength; index++) {
    // Clamped to the centres of the crop's first and last pixel, as after cutting it out.
    const centre = ((index + 0.5) * length) / outLength - 0.5;
    const position = start + Math.min(Math.max(centre, 0), Math.max(length - 1, 0));
    const floor = Math.floor(position);
    low[index] = inside(floor);
    high[index] = inside(floor + 1);
    weight[index] = position - floor;
  }
  return { low, high, weight };
}

function resampleWindow(
  source: Uint8Array,
  original: ImageSize,
  view: SoloView,
  size: ImageSize,
  out: Uint8Array,
): void {
  const columns = axisTaps(view.left * original.width, view.width * original.width, original.width, size.width);
  const rows = axisTaps(view.top * original.height, view.height * original.height, original.height, size.height);
  const at = (row: number, column: number, channel: number): number =>
    row < 0 || column < 0 ? 0 : (source[(row * original.width + column) * original.channels + channel] ?? 0);
  for (let y = 0; y < size.height; y++) {
    const [above, below, down] = [rows.low[y] ?? -1, rows.high[y] ?? -1, rows.weight[y] ?? 0];
    for (let x = 0; x < size.width; x++) {
      const [before, after, right] = [columns.low[x] ?? -1, columns.high[x] ?? -1, columns.weight[x] ?? 0];
      const target = (y * size.width + (view.flip ? size.width - 1 - x : x)) * size.channels;
      for (let channel = 0; channel < size.channels; channel++) {
        const from = channel % original.channels;
        const upper = at(above, before, from) * (1 - right) + at(above, after, from) * right;
        const lower = at(below, before, from) * (1 - right) + at(below, after, from) * right;
        out[target + channel] = Math.floor(upper * (1 - down) + lower * down + 0.5);
      }
    }
  }
}
