import type { StageContext } from "../../../core/index.ts";
import type { SoftLabelsDetectionsOptions } from "../../options.ts";
import { assertTopK } from "../importing/assert-top-k.ts";
import { assertSteadyAnswers } from "../storing/steady-answers.ts";
import type { LabelInputs } from "../storing/write-labels.ts";
import { labelPhotos } from "./label-photos.ts";
import { storeBoxes } from "./store-boxes.ts";

/** Labels every training photo that is not labelled yet, and writes the list of all files. */
export async function writeDetections(
  { top, minScore, topK, precision, shardSize, batchSize }: SoftLabelsDetectionsOptions,
  { data: dataset, teacher }: LabelInputs,
  context: StageContext,
): Promise<void> {
  const { classNames, task } = teacher;
  assertTopK(topK, classNames.length);
  context.signal.throwIfAborted();
  await context.task(task).preflight?.(teacher, dataset, context.log);
  const job = {
    kind: "softLabels/detections",
    dataset,
    teacher,
    layout: { classes: classNames.length, precision, topK },
    top,
    minScore,
    shardSize,
    batchSize,
    rowsOf: (samples: readonly number[]) => labelPhotos({ dataset, teacher, top, minScore }, samples),
  };
  await storeBoxes(job, () => assertSteadyAnswers(teacher, dataset, context), context);
}
