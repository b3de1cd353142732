import type { Step } from "../../core/index.ts";
import { classificationScores } from "../evaluators/classification-scores.ts";
import { type BatchSource, plainBatches } from "./batches.ts";

/** Metrics by which the best epoch may be chosen. */
export type ValidationMetric = "top1" | "nll";

/** Scores the validation split with the step's own predict graph; `undefined` when the split is empty. */
export async function validate(
  step: Step,
  { dataset, inputSize, batchSize }: BatchSource,
): Promise<Readonly<Record<ValidationMetric, number>> | undefined> {
  const split = dataset.splits.validation;
  if (split.count === 0) return undefined;
  const classes = dataset.classNames.length;
  const logits = new Float32Array(split.count * classes);
  let offset = 0;
  for await (const batch of plainBatches(split, inputSize, batchSize)) {
    const { logits: some } = await step.predict({ pixels: batch.pixels }, batch.size);
    logits.set(some ?? [], offset);
    offset += batch.size * classes;
  }
  const { top1, nll } = classificationScores(logits, split.labels, classes);
  return { top1, nll };
}
