import type { PlainWeight, WeightRamp, WeightShare, WeightSpec } from "../../../core/index.ts";

/**
 * Computes a term's weight at a moment of the run.
 *
 * Ramps go from `from` at epoch 0 to `to` at `stopEpoch` and stay there: with p = min(1, epoch / stopEpoch),
 * linear: from + (to − from) · p; cosine: from + (to − from) · (1 − cos(π p)) / 2.
 * A share is total · of / among, sums over all; equal parts where `among` is 0.
 *
 * @param epoch epochs done so far, fractional within an epoch
 * @param epochs the whole budget
 */
export function weightAt(spec: WeightSpec, epoch: number, epochs: number): number {
  if (typeof spec === "number") return spec;
  return "total" in spec ? shareAt(spec, epoch, epochs) : rampAt(spec, epoch, epochs);
}

function rampAt({ from, to, shape, stopEpoch }: WeightRamp, epoch: number, epochs: number): number {
  const progress = epoch / (stopEpoch ?? epochs);
  if (!(progress < 1)) return to;
  return from + (to - from) * (shape === "linear" ? progress : (1 - Math.cos(Math.PI * progress)) / 2);
}

function shareAt({ total, part }: WeightShare, epoch: number, epochs: number): number {
  const sum = (specs: readonly PlainWeight[]): number =>
    specs.reduce<number>((all, spec) => all + weightAt(spec, epoch, epochs), 0);
  if (part === undefined) return sum(total);
  const among = sum(part.among);
  return sum(total) * (among === 0 ? 1 / part.among.length : weightAt(part.of, epoch, epochs) / among);
}
