import type { Boxes } from "./boxes.ts";

/** Rows of boxes class by class, within a class image by image, within an image in their own order. */
export interface ByClass {
  /** `[rows]`, row numbers; rows of classes outside 0 … classes − 1 are left out. */
  readonly rows: Uint32Array;
  /** `[classes + 1]`, where each class begins in `rows`. */
  readonly starts: Uint32Array;
  /** `[all rows]`, the image of each row. */
  readonly images: Uint32Array;
}

/** Sorts rows by class in one counting pass, which keeps the order within a class. */
export function groupByClass({ offsets, classes }: Pick<Boxes, "offsets" | "classes">, classCount: number): ByClass {
  const images = new Uint32Array(classes.length);
  for (let image = 0; image + 1 < offsets.length; image++) images.fill(image, offsets[image], offsets[image + 1]);
  const starts = new Uint32Array(classCount + 1);
  const isKnown = (id: number): boolean => id >= 0 && id < classCount;
  for (const id of classes) if (isKnown(id)) starts[id + 1] = (starts[id + 1] as number) + 1;
  for (let id = 0; id < classCount; id++) starts[id + 1] = (starts[id + 1] as number) + (starts[id] as number);
  const next = starts.slice();
  const rows = new Uint32Array(starts[classCount] as number);
  for (let row = 0; row < classes.length; row++) {
    const id = classes[row] as number;
    if (!isKnown(id)) continue;
    const place = next[id] as number;
    rows[place] = row;
    next[id] = place + 1;
  }
  return { rows, starts, images };
}

/**
 * Sorts row numbers by falling score in place; equal scores keep the order of their row numbers.
 *
 * @param rows in rising order
 */
export function sortByScore(rows: Uint32Array, scores: Float64Array): void {
  if (rows.length > 24) {
    rows.sort((one, other) => (scores[other] as number) - (scores[one] as number) || one - other);
    return;
  }
  for (let at = 1; at < rows.length; at++) {
    const row = rows[at] as number;
    const score = scores[row] as number;
    let place = at;
    while (place > 0 && (scores[rows[place - 1] as number] as number) < score) {
      rows[place] = rows[place - 1] as number;
      place--;
    }
    rows[place] = row;
  }
}
