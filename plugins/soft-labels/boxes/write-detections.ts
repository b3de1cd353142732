import type { StageContext } from "../../../core/index.ts";
import type { SoftLabelsDetectionsOptions } from "../../options.ts";
import { assertTopK } from "../importing/assert-top-k.ts";
import type { LabelRow } from "../storing/label-job.ts";
import { assertSteadyAnswers } from "../storing/steady-answers.ts";
import { type LabelInputs, viewsFor } from "../storing/write-labels.ts";
import { labelPhotos } from "./label-photos.ts";
import { storeBoxes } from "./store-boxes.ts";

/** Labels every training photo that is not labelled yet, and writes the list of all files. */
export async function writeDetections(
  options: SoftLabelsDetectionsOptions,
  { data: dataset, teacher }: LabelInputs,
  context: StageContext,
): Promise<void> {
  const { top, minScore, topK, precision, shardSize, batchSize } = options;
  const { classNames, task } = teacher;
  assertTopK(topK, classNames.length);
  context.signal.throwIfAborted();
  await context.task(task).preflight?.(teacher, dataset, context.log);
  const views = options.replay === "exact" ? viewsFor(options, dataset, context) : undefined;
  const job = {
    kind: "softLabels/detections",
    dataset,
    teacher,
    layout: { classes: classNames.length, precision, topK },
    views,
    top,
    minScore,
    shardSize,
    batchSize,
    rowsOf: (rows: readonly LabelRow[]) => labelPhotos({ dataset, teacher, top, minScore, views }, rows),
  };
  await storeBoxes(job, () => assertSteadyAnswers(teacher, dataset, context), context);
}
