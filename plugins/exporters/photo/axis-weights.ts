import type { Name, PhotoOps } from "./photo-ops.ts";

/** One axis of a photo and of the canvas that it is shown on. */
export interface Axis {
  /** Pixels of the photo. */
  readonly length: Name;
  /** What is shown of it: first edge and length, in its pixels. */
  readonly start: Name;
  readonly shown: Name;
  /** Side of the canvas, and where on it that is shown: first pixel and number of pixels. */
  readonly side: number;
  readonly first: Name;
  readonly content: Name;
  /** Whether what is shown begins at a whole pixel of the shrunk photo. */
  readonly isSnapped: boolean;
}

export interface AxisWeights {
  /** `[side, length]`: how much of each pixel of the photo a pixel of the canvas is. */
  readonly weights: Name;
  /** `[side, 1]`: 1 where the photo is shown, 0 where fill is. */
  readonly inside: Name;
}

/** Sums below it are of pixels beside the photo, which are filled. */
const nothing = 1e-6;

/**
 * Weights by which an axis is resized, as decoding and rendering do it. An axis that shrinks by s is first averaged over
 * blocks of k = max(1, ⌊s / 2⌋) pixels, then weighed by max(0, 1 − |distance| / (s / k)) to the middle of the pixel of
 * the canvas, as libvips shrinks; one that grows is bilinear between the middles of its pixels.
 */
export function axisWeights(ops: PhotoOps, axis: Axis): AxisWeights {
  const { length, start, shown, side, first, content, isSnapped } = axis;
  const [half, one] = [ops.number(0.5), ops.number(1)];
  const round = (value: Name): Name => ops.floor(ops.add(value, half));
  // [side, 1]
  const canvas = ops.list(Array.from({ length: side }, (_, place) => place));
  const place = ops.reshape(ops.sub(canvas, first), [side, 1]);
  const pixel = ops.reshape(ops.range(length), [1, length]);
  // sides of the whole photo at which what is shown has the pixels that are wanted
  const wanted = ops.max(one, round(ops.div(ops.mul(content, length), shown)));
  const working = ops.min(length, wanted);
  const shrink = ops.div(length, working);
  const block = ops.max(one, ops.floor(ops.mul(shrink, half)));
  const reach = ops.div(shrink, block);
  const begin = ops.div(ops.mul(start, working), length);
  const offset = isSnapped ? ops.max(ops.number(0), ops.min(round(begin), ops.sub(working, content))) : begin;
  const middle = ops.mul(ops.add(ops.add(place, offset), half), reach);
  const blocks = ops.add(ops.floor(ops.div(pixel, block)), half);
  const triangle = tent(ops, ops.div(ops.sub(blocks, middle), reach));
  const narrowed = ops.div(triangle, ops.max(ops.rowSums(triangle), ops.number(nothing)));
  const along = ops.sub(ops.div(ops.mul(ops.add(place, half), shown), content), half);
  const last = ops.max(ops.sub(shown, one), ops.number(0));
  const position = ops.add(start, ops.min(ops.max(along, ops.number(0)), last));
  const widened = tent(ops, ops.sub(pixel, position));
  const grows = ops.less(length, wanted);
  const weights = ops.add(ops.mul(widened, grows), ops.mul(narrowed, ops.sub(one, grows)));
  // place ≥ 0 and place < content
  const inside = ops.mul(ops.sub(one, ops.less(place, ops.number(0))), ops.less(place, content));
  return { weights, inside };
}

/** max(0, 1 − |x|) */
function tent(ops: PhotoOps, distance: Name): Name {
  return ops.max(ops.sub(ops.number(1), ops.abs(distance)), ops.number(0));
}
