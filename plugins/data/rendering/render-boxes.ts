import type { ImageSize, RelativeBox } from "../../../core/index.ts";

/** first ← share · first + (1 − share) · second, rounded. */
export function blend(first: Uint8Array, second: Uint8Array, share: number): void {
  for (let at = 0; at < first.length; at++) {
    first[at] = Math.floor(share * (first[at] as number) + (1 - share) * (second[at] as number) + 0.5);
  }
}

/** Puts the box of `second` onto `first`; a pixel that the box covers in part is mixed by its covered area. */
export function paste(first: Uint8Array, second: Uint8Array, box: RelativeBox, size: ImageSize): void {
  overBox(first, box, size, (at) => second[at] as number);
}

/** Fills the box with one value, by covered area. */
export function erase(pixels: Uint8Array, box: RelativeBox, fill: number, size: ImageSize): void {
  overBox(pixels, box, size, () => fill);
}

function overBox(pixels: Uint8Array, box: RelativeBox, size: ImageSize, over: (at: number) => number): void {
  const { height, width, channels } = size;
  const columns = coverage(box.left * width, (box.left + box.width) * width, width);
  const rows = coverage(box.top * height, (box.top + box.height) * height, height);
  for (let y = 0; y < height; y++) {
    const down = rows[y] as number;
    if (down === 0) continue;
    for (let x = 0; x < width; x++) {
      const covered = down * (columns[x] as number);
      if (covered === 0) continue;
      const start = (y * width + x) * channels;
      for (let at = start; at < start + channels; at++) {
        pixels[at] = Math.floor(covered * over(at) + (1 - covered) * (pixels[at] as number) + 0.5);
      }
    }
  }
}

/** What is this near to a pixel's edge is there: fractions such as 3/28 are seldom exact. */
const edgeTolerance = 1e-6;

/** How much of each pixel of an axis an interval covers, 0 … 1; the sum is its length where it lies inside. */
export function coverage(start: number, end: number, pixels: number): Float64Array {
  const snap = (edge: number): number => (Math.abs(edge - Math.round(edge)) < edgeTolerance ? Math.round(edge) : edge);
  const [from, to] = [snap(start), snap(end)];
  return Float64Array.from({ length: pixels }, (_, pixel) =>
    Math.max(0, Math.min(to, pixel + 1) - Math.max(from, pixel)),
  );
}
