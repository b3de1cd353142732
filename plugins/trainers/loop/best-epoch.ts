import { type Dataset, type HostState, KdflowError, type Metric } from "../../../core/index.ts";
import type { BestEpoch, TrainingProgress } from "./training-checkpoint.ts";
import type { ValidationScores } from "./validation.ts";

/** Ends a training whose validation metric does not get better. */
export interface EarlyStop {
  /** Epochs without a new best one after which it ends. */
  readonly epochs: number;
}

/**
 * The better of the best epoch so far and the one that was just validated; ties go to the task's second metric, then to
 * the earlier. A value that is not a number never wins.
 *
 * @param chosen the metric that decides
 */
export function betterOf(
  best: BestEpoch | undefined,
  validation: ValidationScores | undefined,
  { names, tie }: Pick<Metric<unknown>, "names" | "tie">,
  chosen: string,
  epoch: number,
): BestEpoch | undefined {
  if (validation === undefined) return undefined;
  const score = (metric: string | undefined): number => (metric === undefined ? 0 : (validation[metric] ?? Number.NaN));
  const candidate: BestEpoch = { epoch, metric: chosen, value: score(chosen), tie: score(tie) };
  if (best === undefined || Number.isNaN(best.value)) return candidate;
  const gain = (metric: string | undefined, now: number, before: number): number =>
    names[metric ?? ""]?.better === "lower" ? before - now : now - before;
  const gained = gain(chosen, candidate.value, best.value);
  return gained > 0 || (gained === 0 && gain(tie, candidate.tie, best.tie) > 0) ? candidate : best;
}

/**
 * Whether a training has gone on long enough without a new best epoch. It depends on the progress alone, so a resumed
 * or lengthened training stops where an undisturbed one does.
 */
export function stopsEarly({ epoch, best }: TrainingProgress, earlyStop: EarlyStop | undefined): boolean {
  return earlyStop !== undefined && best !== undefined && epoch - best.epoch >= earlyStop.epochs;
}

/** @throws KDF_PLAN_OPTIONS for an early stop on data without a validation split */
export function assertCanStopEarly(earlyStop: EarlyStop | undefined, { splits }: Pick<Dataset, "splits">): void {
  if (earlyStop === undefined || splits.validation.count > 0) return;
  throw new KdflowError("KDF_PLAN_OPTIONS", "`earlyStop` looks at the validation split, and the data has none", {
    hint: "hold some of the data out (`validation: 0.1` at the data stage), or remove `earlyStop`",
  });
}

/** The network's weights and those of the loss terms' own layers: what is kept of an epoch. */
export function trainedWeightsOf(state: HostState): HostState {
  return new Map([...state].filter(([name]) => name.startsWith("model/") || name.startsWith("loss/")));
}
