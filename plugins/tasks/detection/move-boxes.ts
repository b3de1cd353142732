import type { ImageSize } from "../../../core/index.ts";
import { type Boxes, pickRows, rangeOf } from "./boxes.ts";
import { type Corners, intersect, type Placement, photoCorners, placeCorners } from "./placement.ts";

/** Which boxes a view keeps. All are shares, so that a box is kept at every input size or at none. */
export interface KeepRules {
  /** Of a box's area, the share that has to be seen. */
  readonly minVisible: number;
  /** Of the longer side of what the view shows, the share that both sides of what is seen need. */
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

function isKept(box: Corners, placement: Placement, { minVisible, minSide }: KeepRules): boolean {
  const { covered, reach } = placement;
  const seen = intersect(box, seenWindow(placement));
  const whole = areaOf(box);
  const hidden = covered === undefined ? 0 : areaOf(intersect(seen, photoCorners(covered, placement)));
  if (whole === 0 || (areaOf(seen) - hidden) / whole < minVisible) return false;
  const least = minSide * reach;
  return seen[2] - seen[0] >= least && seen[3] - seen[1] >= least;
}

function seenWindow(placement: Placement): Corners {
  const { window, pasted } = placement;
  return pasted === undefined ? window : intersect(window, photoCorners(pasted, placement));
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
