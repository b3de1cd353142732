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
  /** Pixels of the photo that are averaged before anything else; 1 where few are left out. */
  readonly block: Name;
  /** Blocks that the axis has; the last one is filled up with the last pixel. */
  readonly blocks: Name;
  /** `[side, blocks]`: how much of each block a pixel of the canvas is. */
  readonly weights: Name;
  /** `[side, 1]`: 1 where the photo is shown, 0 where fill is. */
  readonly inside: Name;
  /** 1 where the axis is shrunk, else 0. */
  readonly shrinks: Name;
}

/** Sums below it are of places beyond the shrunk photo, of which nothing is taken. */
const nothing = 1e-6;
/** Decoding knows the place of a pixel to this part of one. */
const parts = 64;
/** Its weights are cut off to these parts of one; what lies a hair below a part is one. */
const steps = 4096;
const hair = 1e-3;

/**
 * Weights by which an axis is resized, as decoding and rendering do it: the whole photo is shrunk to the pixels at which
 * what is shown has those of the canvas, never enlarged; then the canvas takes each of its pixels from between two of
 * these, or one of them where what is shown begins at a whole one.
 */
export function axisWeights(ops: PhotoOps, axis: Axis): AxisWeights {
  const { length, start, shown, side, first, content, isSnapped } = axis;
  const [zero, half, one] = [ops.number(0), ops.number(0.5), ops.number(1)];
  const round = (value: Name): Name => ops.floor(ops.add(value, half));
  // [side, 1]
  const canvas = ops.list(Array.from({ length: side }, (_, place) => place));
  const place = ops.reshape(ops.sub(canvas, first), [side, 1]);
  const wanted = ops.max(one, round(ops.div(ops.mul(content, length), shown)));
  const working = ops.min(length, wanted);
  // products of whole numbers are exact, and so are the halves that are rounded
  const shrunkPlace = (value: Name): Name => ops.div(ops.mul(value, working), length);
  const [begin, span] = [shrunkPlace(start), shrunkPlace(shown)];
  const along = ops.sub(ops.div(ops.mul(ops.add(place, half), span), content), half);
  const last = ops.max(ops.sub(span, one), zero);
  const between = ops.add(begin, ops.min(ops.max(along, zero), last));
  const whole = ops.add(place, ops.max(zero, ops.min(round(begin), ops.sub(working, content))));
  const copies = isSnapped ? ops.sub(one, ops.less(length, wanted)) : zero;
  const position = ops.add(ops.mul(copies, whole), ops.mul(ops.sub(one, copies), between));
  const low = ops.floor(position);
  const next = ops.add(low, one);
  const high = ops.sub(position, low);
  // past the last pixel rendering finds black
  const upper = ops.mul(high, ops.less(next, working));
  // a part of a pixel above whole numbers, so that a division that is not exact does not fall below one
  const twice = ops.mul(working, ops.number(2));
  const block = ops.max(one, ops.floor(ops.div(ops.add(length, ops.number(0.25)), twice)));
  const blocks = ops.add(ops.floor(ops.div(ops.sub(length, half), block)), one);
  const reach = ops.div(ops.div(length, working), block);
  const made = (pixel: Name): Name => shrunkWeights(ops, pixel, reach, blocks);
  const weights = ops.add(ops.mul(made(low), ops.sub(one, high)), ops.mul(made(next), upper));
  // place ≥ 0 and place < content
  const inside = ops.mul(ops.sub(one, ops.less(place, zero)), ops.less(place, content));
  return { block, blocks, weights, inside, shrinks: ops.less(working, length) };
}

/**
 * What pixels of the shrunk photo are made of, as libvips shrinks: by s = length / working, first averaged over blocks
 * of k = max(1, ⌊s / 2⌋) pixels, then weighed by max(0, 1 − |distance| / (s / k)) to the middle of the shrunk pixel.
 * Beyond its border the photo goes on with its last pixel, the blocks with the last block.
 *
 * @param pixel `[side, 1]`, whole numbers
 * @param reach s / k
 * @returns `[side, blocks]`
 */
function shrunkWeights(ops: PhotoOps, pixel: Name, reach: Name, blocks: Name): Name {
  const half = ops.number(0.5);
  const exact = ops.sub(ops.mul(ops.add(pixel, half), reach), half);
  const middle = ops.div(ops.floor(ops.add(ops.mul(exact, ops.number(parts)), half)), ops.number(parts));
  const source = ops.reshape(ops.range(blocks), [1, blocks]);
  const last = ops.sub(blocks, ops.number(1));
  const weightOf = (place: Name): Name => tent(ops, ops.div(ops.sub(place, middle), reach));
  const [isFirst, isLast] = [tent(ops, source), tent(ops, ops.sub(source, last))];
  const own = weightOf(source);
  // a triangle reaches less than three blocks over the border
  const before = [-1, -2].map((place) => weightOf(ops.number(place)));
  const after = [1, 2].map((step) => weightOf(ops.add(last, ops.number(step))));
  const sum = [...before, ...after].reduce((all, one) => ops.add(all, one), ops.rowSums(own));
  const scale = ops.div(ops.number(steps), ops.max(sum, ops.number(nothing)));
  const stepsOf = (weight: Name): Name => ops.floor(ops.add(ops.mul(weight, scale), ops.number(hair)));
  const beyond = (isBorder: Name, weights: readonly Name[]): Name =>
    ops.mul(
      isBorder,
      weights.map(stepsOf).reduce((all, one) => ops.add(all, one)),
    );
  const all = ops.add(stepsOf(own), ops.add(beyond(isFirst, before), beyond(isLast, after)));
  return ops.div(all, ops.number(steps));
}

/** max(0, 1 − |x|) */
function tent(ops: PhotoOps, distance: Name): Name {
  return ops.max(ops.sub(ops.number(1), ops.abs(distance)), ops.number(0));
}
