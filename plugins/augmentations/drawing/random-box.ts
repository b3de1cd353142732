import type { RelativeBox, Rng } from "../../../core/index.ts";

/**
 * A box whose middle lies anywhere in the image with equal chance; what reaches outside is cut off.
 *
 * @param width in fractions of the image's width, as `height` of its height
 */
export function randomBox(rng: Rng, width: number, height: number): RelativeBox {
  const [left, boxWidth] = clipped(rng.uniform(), width);
  const [top, boxHeight] = clipped(rng.uniform(), height);
  return { left, top, width: boxWidth, height: boxHeight };
}

function clipped(middle: number, length: number): readonly [start: number, length: number] {
  const from = Math.max(0, middle - length / 2);
  const to = Math.min(1, middle + length / 2);
  return [from, to - from];
}
