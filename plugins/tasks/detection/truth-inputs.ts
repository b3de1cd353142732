import type { TruthInput, TruthRows } from "../../../core/index.ts";
import { boxFlags } from "./boxes.ts";
import type { DetectionTruth } from "./detection-truth.ts";
import { moveBoxes } from "./move-boxes.ts";
import { shownPhotos } from "./shown-photos.ts";

/** Numbers of a row of `boxes`: class, left, top, right, bottom, weight. */
export const boxRow = 6;

/**
 * The boxes of each image as its view shows them, `[batch, capacity, 6]`: class, left, top, right and bottom in pixels of
 * the student's input, and 1; 0 for a crowd, which is no target and no background. Rows that hold no box have class −1.
 * The capacity is that of the image with most boxes, twice that where views mix two.
 */
const boxes: TruthInput<DetectionTruth> = {
  name: "boxes",
  spec: ({ mixes }, truth) => ({ shape: [Math.max(1, mostBoxes(truth) * (mixes ? 2 : 1)), boxRow], dtype: "float32" }),
  fill(rows, out) {
    const size = out.length / rows.indices.length;
    for (let row = 0; row < rows.indices.length; row++) fillRow(rows, row, out.subarray(row * size, (row + 1) * size));
  },
};

export const detectionInputs: readonly TruthInput<DetectionTruth>[] = [boxes];

function mostBoxes({ boxes: { offsets } }: DetectionTruth): number {
  let most = 0;
  for (let image = 0; image + 1 < offsets.length; image++) {
    most = Math.max(most, (offsets[image + 1] ?? 0) - (offsets[image] ?? 0));
  }
  return most;
}

function fillRow(
  { truth, indices, views, imageSize }: TruthRows<DetectionTruth>,
  row: number,
  out: ArrayLike<number>,
): void {
  const into = out as Float32Array;
  into.fill(-1);
  let at = 0;
  for (const { image, placement } of shownPhotos(indices[row] ?? -1, views?.[row], truth, imageSize)) {
    const moved = moveBoxes(truth.boxes, image, placement).boxes;
    for (let box = 0; box < moved.classes.length && (at + 1) * boxRow <= into.length; box++, at++) {
      into[at * boxRow] = moved.classes[box] ?? -1;
      into.set(moved.corners.subarray(box * 4, box * 4 + 4), at * boxRow + 1);
      into[at * boxRow + 5] = ((moved.flags[box] ?? 0) & boxFlags.crowd) === 0 ? 1 : 0;
    }
  }
}
