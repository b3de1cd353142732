import { type ImageSize, plainView, type TruthInput, type TruthRows } from "../../../core/index.ts";
import { photosOf } from "../../data/views.ts";
import { boxFlags } from "./boxes.ts";
import type { DetectionTruth } from "./detection-truth.ts";
import { moveBoxes } from "./move-boxes.ts";
import { placements } from "./placements.ts";
import { viewerOf } from "./viewer.ts";

/** Numbers of a row of `boxes`: class, left, top, right, bottom, weight. */
export const boxRow = 6;

/**
 * The boxes of each image as its view shows them, `[batch, capacity, 6]`: class, left, top, right and bottom in pixels of
 * the student's input, and 1; 0 for a crowd, which is no target and no background. Rows that hold no box have class −1.
 * The capacity is that of the image with most boxes, for each photo that a view shows.
 */
const boxes: TruthInput<DetectionTruth> = {
  name: "boxes",
  spec: ({ photos }, truth) => ({ shape: [Math.max(1, mostBoxes(truth) * photos), boxRow], dtype: "float32" }),
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
  const view = views?.[row] ?? plainView;
  const images = photosOf(indices[row] ?? -1, view).map(({ index }) => index);
  const originals = images.map((image) => originalOf(truth, image));
  let at = 0;
  for (const [place, placement] of placements(view, originals, viewerOf(imageSize)).entries()) {
    const moved = moveBoxes(truth.boxes, images[place] ?? -1, placement).boxes;
    for (let box = 0; box < moved.classes.length && (at + 1) * boxRow <= into.length; box++, at++) {
      into[at * boxRow] = moved.classes[box] ?? -1;
      into.set(moved.corners.subarray(box * 4, box * 4 + 4), at * boxRow + 1);
      into[at * boxRow + 5] = ((moved.flags[box] ?? 0) & boxFlags.crowd) === 0 ? 1 : 0;
    }
  }
}

/** Size of an upright photo. */
export function originalOf({ sizes }: DetectionTruth, image: number): ImageSize {
  return { height: sizes[image * 2] ?? 0, width: sizes[image * 2 + 1] ?? 0, channels: 3 };
}
