import type { Dataset, Model, StageContext } from "../../../core/index.ts";

/** The data, where their classes are the model's and there is something to score. */
export function dataForScores(
  { description }: Model,
  data: Dataset | undefined,
  { log }: StageContext,
): Dataset | undefined {
  const isSame = data?.task === description.task && String(data.classNames) === String(description.classNames);
  if (data !== undefined && isSame && data.unlabelled !== true && data.splits.validation.count > 0) return data;
  const why = data === undefined ? "there are no data" : "the data have no validation split of the model's classes";
  log.info("exportWithoutScores", { message: `the exported file is compared on noise and not scored: ${why}` });
  return undefined;
}
