import type { EpochRecord } from "../contracts/artifacts.ts";
import type { EpochEvent } from "../plugins/context.ts";
import type { EpochShares } from "./epoch-shares.ts";
import type { MetricNames } from "./metric-text.ts";

/** Whose a line is. */
export type LineLook = "teacher" | "student" | "baseline";

/** The values of one epoch, named as in `epochEnd`. */
export type CurveEpoch = Pick<EpochEvent, "epoch" | "values">;

/** A stage that trains, with what is known of its epochs: none where it was reused and its history is not at hand. */
export interface TrainingCurve {
  readonly stage: string;
  /** The stage of the pipeline file that it comes from; students and their baselines share one. */
  readonly group: string;
  readonly look: LineLook;
  /** How the metrics of its validation are called. */
  readonly names: MetricNames;
  readonly epochs: readonly CurveEpoch[];
  /** The epoch whose weights were kept, where that is known. */
  readonly best?: number | undefined;
  /** Of the epochs that ended in this run. */
  readonly shares: readonly EpochShares[];
}

/** A model's history in the words of `epochEnd`. */
export function epochsOfHistory(history: readonly EpochRecord[]): readonly CurveEpoch[] {
  return history.map(({ epoch, losses, validation, learningRate, balance = {} }) => ({
    epoch,
    values: {
      ...losses,
      ...Object.fromEntries(Object.entries(validation).map(([name, value]) => [`${validationPrefix}${name}`, value])),
      learningRate,
      ...Object.fromEntries(Object.entries(balance).map(([term, { weight }]) => [`weight of ${term}`, weight])),
      ...Object.fromEntries(
        Object.entries(balance).flatMap(([term, { gradientNorm: norm }]) =>
          norm === undefined ? [] : [[`gradient of ${term}`, norm]],
        ),
      ),
    },
  }));
}

/** Before the names of metrics on the validation split. */
export const validationPrefix = "validation ";
