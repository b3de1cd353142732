import type { Outputs, Step } from "../../../core/index.ts";
import { type BatchSource, plainBatches } from "../batches/batches.ts";

/** Validation scores by metric. */
export type ValidationScores = Readonly<Record<string, number>>;

/** Scores the validation split with the step's own predict graph; `undefined` when the split is empty. */
export async function validate(
  step: Step,
  outputs: Outputs,
  { dataset, task, inputSize, batchSize }: BatchSource,
): Promise<ValidationScores | undefined> {
  const split = dataset.splits.validation;
  if (split.count === 0) return undefined;
  const { truth } = split;
  const scorer = task.metric.start({ classNames: dataset.classNames, outputs, imageSize: inputSize });
  for await (const { pixels, size, indices } of plainBatches(split, inputSize, batchSize)) {
    scorer.add(await step.predict({ pixels }, size), { truth, indices });
  }
  return scorer.result();
}
