import { type EpochRecord, formatNumber, type Metric } from "../../../core/index.ts";
import type { BestEpoch } from "./training-checkpoint.ts";

/**
 * Says of which epoch the weights are, and what it reached: the last one's numbers may be others.
 *
 * @param best `undefined` without a validation split
 */
export function keptEpochText(
  history: readonly EpochRecord[],
  best: BestEpoch | undefined,
  { names }: Pick<Metric<unknown>, "names">,
): string {
  const last = history.at(-1);
  const kept = best === undefined ? last : history.find(({ epoch }) => epoch === best.epoch);
  if (kept === undefined) return "the weights are those of the start: no epoch was trained";
  const which = `epoch ${kept.epoch} of ${last?.epoch ?? kept.epoch}`;
  const loss = Object.entries(kept.losses).filter(([name]) => name === "loss");
  const values = [...loss, ...Object.entries(kept.validation)]
    .map(([name, value]) => `${name} ${formatNumber(value)}`)
    .join("  ");
  if (best === undefined)
    return `the weights are those of ${which}, the last: no validation split chooses one; ${values}`;
  const label = names[best.metric]?.label ?? best.metric;
  return `the weights are those of ${which}, the best by ${label} on the validation split; ${values}`;
}
