import type { HostBatch, LossOutputs, LossShapes, TensorSpec } from "../../../core/index.ts";
import { boxRow } from "../yolov7/candidates.ts";
import { type Prepared, prepareBatch, preparedSpecs } from "../yolov7/prepare-batch.ts";
import { type KeepOptions, keptBoxes } from "./kept-boxes.ts";
import { rowNumbers, rowsOfBatch } from "./rows-of-batch.ts";

export interface SoftBoxOptions extends KeepOptions {
  /** Boxes that score as much are taken for the truth, and others for nothing known; all are soft unless given. */
  readonly hardScore?: number;
}

/** What is worked out on the host beside the candidates of boxes. */
export type SoftPrepared = Prepared | "softBoxes" | "softClasses" | "softObjects";

/**
 * - `softBoxes` `[boxes, 6]`: best class, left, top, right, bottom, score; class −1 where there is no box
 * - `softClasses` `[boxes, classes]`
 * - `softObjects` `[boxes]`: objectness
 */
export function softSpecs(
  options: SoftBoxOptions,
  shapes: LossShapes,
  outputs: LossOutputs,
): Record<SoftPrepared, TensorSpec> {
  const [rows = 0] = shapes["teacherRows"] ?? [];
  const boxes = mostBoxes(options, rows);
  const classes = classesOf(shapes["teacherRows"]);
  return {
    ...preparedSpecs({ ...shapes, boxes: [boxes, boxRow] }, outputs),
    softBoxes: { shape: [boxes, boxRow], dtype: "float32" },
    softClasses: { shape: [boxes, classes], dtype: "float32" },
    softObjects: { shape: [boxes], dtype: "float32" },
  };
}

/** Each box has room for all candidates that it may have, so that room for boxes which there cannot be is dear. */
function mostBoxes({ boxes }: SoftBoxOptions, rows: number): number {
  return Math.min(boxes, rows);
}

/** Classes of the data, by the shape of `teacherRows` without the batch axis. */
export function classesOf(shape: readonly number[] = []): number {
  return (shape[1] ?? rowNumbers) - rowNumbers;
}

/** The teacher's boxes after suppression, as targets, with the candidates that they have among the student's cells. */
export function prepareSoftBoxes(
  options: SoftBoxOptions,
  batch: HostBatch,
  outputs: LossOutputs,
): Record<SoftPrepared, Float32Array | Int32Array | Uint8Array> {
  const { size, indices } = batch;
  const classCount = classesOfCells(outputs);
  const most = mostBoxes(options, rowsOfBatch(batch, 0, classCount).count);
  const softBoxes = new Float32Array(size * most * boxRow).fill(-1);
  const softClasses = new Float32Array(size * most * classCount);
  const softObjects = new Float32Array(size * most);
  for (let image = 0; image < size; image++) {
    const rows = rowsOfBatch(batch, image, classCount);
    keptBoxes(rows, { ...options, boxes: most }).forEach(({ row, class: id, score }, rank) => {
      const at = image * most + rank;
      const { hardScore } = options;
      // of a weight of 0, as crowds: neither a target nor background
      const weight = hardScore === undefined ? score : Number(score >= hardScore);
      softBoxes.set([id, ...rows.corners(row), weight], at * boxRow);
      softClasses.set(
        hardScore === undefined ? rows.classes(row) : rows.classes(row).map((_, each) => Number(each === id)),
        at * classCount,
      );
      softObjects[at] = hardScore === undefined ? rows.objectness(row) : 1;
    });
  }
  return {
    ...prepareBatch({ inputs: { boxes: softBoxes }, size, indices }, outputs),
    softBoxes,
    softClasses,
    softObjects,
  };
}

/** Classes that the student's cells tell apart. */
export function classesOfCells(outputs: LossOutputs): number {
  const { shape = [], anchors = [] } = outputs["studentP3"] ?? {};
  return (shape[2] ?? 0) / anchors.length - 5;
}
