import type { ImageSize } from "../../../core/index.ts";
import { type Boxes, pickRows, rangeOf } from "./boxes.ts";
import type { Corners, Placement } from "./placements.ts";

/** Which boxes a view keeps. All are shares, so that a box is kept at every input size or at none. */
export interface KeepRules {
  /** Of a box's area, the share that has to be seen. */
  readonly minVisible: number;
  /** Of the longer side of what the view shows of the photo, the share that both sides of what is seen need. */
  readonly minSide: number;
}

/** A tenth of the area, and two pixels of 640. */
export const keepDefaults: KeepRules = { minVisible: 0.1, minSide: 2 / 640 };

/** The boxes of one photo on a canvas. */
export interface MovedBoxes {
  /** Of one image, in pixels of the canvas, cut off where they are not seen; areas are those of what is seen. */
  readonly boxes: Boxes;
  /** `[boxes]`, each one's row in the original. */
  readonly rows: Uint32Array;
  /** Boxes of the photo that the rules leave out. */
  readonly dropped: number;
}

/**
 * Moves a photo's boxes onto a canvas.
 *
 * Whether a box is kept is reckoned in the photo's own pixels, where the canvas plays no part. A mask's area shrinks by
 * the share of the box that is seen.
 */
export function moveBoxes(
  boxes: Boxes,
  image: number,
  placement: Placement,
  rules: KeepRules = keepDefaults,
): MovedBoxes {
  const [first, end] = rangeOf(boxes, image);
  const rows: number[] = [];
  for (let row = first; row < end; row++) if (isKept(cornersOf(boxes.corners, row), placement, rules)) rows.push(row);
  const moved = pickRows(boxes, rows, Uint32Array.of(0, rows.length));
  rows.forEach((_, at) => {
    const whole = cornersOf(moved.corners, at);
    const seen = intersect(whole, seenWindow(placement));
    moved.corners.set(placeCorners(seen, placement), at * 4);
    const scale = Math.abs(placement.scaleX * placement.scaleY);
    moved.areas[at] = (moved.areas[at] as number) * (areaOf(seen) / areaOf(whole)) * scale;
  });
  return { boxes: moved, rows: Uint32Array.from(rows), dropped: end - first - rows.length };
}

/**
 * Brings boxes of a canvas back into the original photo, cut off at its border.
 *
 * @param corners `[boxes, 4]` in pixels of the canvas
 * @returns `[boxes, 4]` in pixels of the upright photo
 */
export function bringBack(corners: Float64Array, placement: Placement, original: ImageSize): Float64Array {
  const back = new Float64Array(corners.length);
  for (let row = 0; row < corners.length / 4; row++) {
    const [left, top, right, bottom] = photoCorners(cornersOf(corners, row), placement);
    back[row * 4] = within(left, original.width);
    back[row * 4 + 1] = within(top, original.height);
    back[row * 4 + 2] = within(right, original.width);
    back[row * 4 + 3] = within(bottom, original.height);
  }
  return back;
}

/** A rectangle of the photo on the canvas. */
export function placeCorners([left, top, right, bottom]: Corners, placement: Placement): Corners {
  const one = placement.scaleX * left + placement.offsetX;
  const other = placement.scaleX * right + placement.offsetX;
  return [
    Math.min(one, other),
    placement.scaleY * top + placement.offsetY,
    Math.max(one, other),
    placement.scaleY * bottom + placement.offsetY,
  ];
}

/** A rectangle of the canvas in the photo. */
export function photoCorners([left, top, right, bottom]: Corners, placement: Placement): Corners {
  const one = (left - placement.offsetX) / placement.scaleX;
  const other = (right - placement.offsetX) / placement.scaleX;
  return [
    Math.min(one, other),
    (top - placement.offsetY) / placement.scaleY,
    Math.max(one, other),
    (bottom - placement.offsetY) / placement.scaleY,
  ];
}

function isKept(box: Corners, placement: Placement, { minVisible, minSide }: KeepRules): boolean {
  const { window, covered } = placement;
  const seen = intersect(box, seenWindow(placement));
  const whole = areaOf(box);
  const hidden = covered === undefined ? 0 : areaOf(intersect(seen, photoCorners(covered, placement)));
  if (whole === 0 || (areaOf(seen) - hidden) / whole < minVisible) return false;
  const least = minSide * Math.max(window[2] - window[0], window[3] - window[1]);
  return seen[2] - seen[0] >= least && seen[3] - seen[1] >= least;
}

function seenWindow(placement: Placement): Corners {
  const { window, pasted } = placement;
  return pasted === undefined ? window : intersect(window, photoCorners(pasted, placement));
}

function intersect(one: Corners, other: Corners): Corners {
  return [
    Math.max(one[0], other[0]),
    Math.max(one[1], other[1]),
    Math.min(one[2], other[2]),
    Math.min(one[3], other[3]),
  ];
}

function areaOf([left, top, right, bottom]: Corners): number {
  return right > left && bottom > top ? (right - left) * (bottom - top) : 0;
}

function cornersOf(corners: Float64Array, row: number): Corners {
  const at = row * 4;
  return [corners[at] as number, corners[at + 1] as number, corners[at + 2] as number, corners[at + 3] as number];
}

function within(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
