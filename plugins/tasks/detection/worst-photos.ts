import { type Boxes, boxFlags, rangeOf } from "./boxes.ts";
import type { Detection } from "./detections.ts";
import { iou } from "./iou.ts";

/** Boxes of one photo, right and wrong, at IoU 0.5 among those that are sure. */
export interface PhotoErrors {
  /** Place in the split. */
  readonly image: number;
  /** Boxes of the truth that nothing found. */
  readonly missed: number;
  /** Found boxes that are none of the truth. */
  readonly wrong: number;
}

const leastIou = 0.5;

/**
 * Photos by falling number of errors; of equal ones the earlier first. A found box takes the best box of its class that
 * no surer one took. Crowds and difficult boxes count neither way.
 *
 * @param found of each photo of the split, the surest first
 */
export function worstPhotos(truth: Boxes, found: readonly (readonly Detection[])[]): PhotoErrors[] {
  return found
    .map((detections, image) => errorsOf(truth, image, detections))
    .sort((one, other) => other.missed + other.wrong - (one.missed + one.wrong) || one.image - other.image);
}

function errorsOf(truth: Boxes, image: number, found: readonly Detection[]): PhotoErrors {
  const [from, to] = rangeOf(truth, image);
  const taken = new Set<number>();
  let wrong = 0;
  for (const { corners, class: id } of found) {
    let best = -1;
    let overlap = leastIou;
    for (let row = from; row < to; row++) {
      const shared = iou(truth.corners, row, Float64Array.from(corners), 0);
      if (truth.classes[row] !== id || taken.has(row) || shared < overlap) continue;
      [best, overlap] = [row, shared];
    }
    if (best < 0) wrong++;
    else if (!isExempt(truth, best)) taken.add(best);
  }
  let missed = 0;
  for (let row = from; row < to; row++) if (!taken.has(row) && !isExempt(truth, row)) missed++;
  return { image, missed, wrong };
}

function isExempt({ flags }: Boxes, row: number): boolean {
  return ((flags[row] ?? 0) & (boxFlags.crowd | boxFlags.difficult)) !== 0;
}
