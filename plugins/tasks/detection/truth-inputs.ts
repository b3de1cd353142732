import type { Mark, TruthInput, TruthRows } from "../../../core/index.ts";
import { boxFlags } from "./boxes.ts";
import type { DetectionTruth } from "./detection-truth.ts";
import { moveBoxes } from "./move-boxes.ts";
import type { Corners } from "./placement.ts";
import { shownPhotos } from "./shown-photos.ts";

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

/** Boxes as they lie on the student's input, for pictures of a batch. */
export function boxMarks(rows: TruthRows<DetectionTruth>, classNames: readonly string[]): readonly (readonly Mark[])[] {
  const { width, height } = rows.imageSize;
  return Array.from(rows.indices, (_, row) =>
    seenBoxes(rows, row).map(({ class: id, corners: [left, top, right, bottom], isCrowd, isUnlabelled }): Mark => {
      const name = isUnlabelled ? "no labels" : (classNames[id] ?? String(id));
      const box = { left: left / width, top: top / height, width: (right - left) / width };
      return {
        ...{ shape: "box", ...box, height: (bottom - top) / height },
        label: isCrowd && !isUnlabelled ? `${name}, crowd` : name,
        group: id,
      };
    }),
  );
}

function fillRow(rows: TruthRows<DetectionTruth>, row: number, out: ArrayLike<number>): void {
  const into = out as Float32Array;
  into.fill(-1);
  for (const [at, { class: id, corners, isCrowd }] of seenBoxes(rows, row).entries()) {
    into.set([id, ...corners, isCrowd ? 0 : 1], at * boxRow);
  }
}

interface SeenBox {
  readonly class: number;
  /** In pixels of the student's input. */
  readonly corners: Corners;
  readonly isCrowd: boolean;
  /** The whole of a photo without labels, a crowd too. */
  readonly isUnlabelled: boolean;
}

/** The boxes of all photos of a row's view. */
function seenBoxes({ truth, indices, views, imageSize }: TruthRows<DetectionTruth>, row: number): readonly SeenBox[] {
  return shownPhotos(indices[row] ?? -1, views?.[row], truth, imageSize).flatMap(({ image, placement }) => {
    const { classes, corners, flags } = moveBoxes(truth.boxes, image, placement).boxes;
    return Array.from(classes, (id, box): SeenBox => {
      const [left = 0, top = 0, right = 0, bottom = 0] = corners.subarray(box * 4, box * 4 + 4);
      const has = (flag: number): boolean => ((flags[box] ?? 0) & flag) !== 0;
      const [isCrowd, isUnlabelled] = [has(boxFlags.crowd), has(boxFlags.unlabelled)];
      return { class: id, corners: [left, top, right, bottom], isCrowd, isUnlabelled };
    });
  });
}
