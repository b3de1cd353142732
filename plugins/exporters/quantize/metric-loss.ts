import type { Dataset, Model, StageContext } from "../../../core/index.ts";
import { detectionId } from "../../tasks/detection/names.ts";

/** What rounding cost, in the task's main metric. */
export interface MetricLoss {
  readonly metric: string;
  readonly split: "validation";
  readonly sampleCount: number;
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  /** How much worse the main metric became; negative where it became better. */
  readonly lost: number;
  /** Most that it may lose: 0.005 (half a point), of detectors 0.01 (one point of AP). */
  readonly allowed: number;
}

/** Holds two scores of the same images against each other. */
export function metricLoss(
  before: MetricLoss["before"],
  after: MetricLoss["after"],
  { model, data, most }: { readonly model: Model; readonly data: Dataset; readonly most: number },
  context: Pick<StageContext, "task">,
): MetricLoss {
  const { task } = model.description;
  const { best, names } = context.task(task).metric;
  const sign = names[best]?.better === "lower" ? -1 : 1;
  return {
    metric: best,
    split: "validation",
    sampleCount: Math.min(most, data.splits.validation.count),
    before,
    after,
    lost: sign * ((before[best] ?? Number.NaN) - (after[best] ?? Number.NaN)),
    allowed: task === detectionId ? 0.01 : 0.005,
  };
}

/** A metric that is no number lost all. */
export const isTooMuch = ({ lost, allowed }: MetricLoss): boolean => !(lost <= allowed);
