import type { WeightSpec } from "../../../core/index.ts";

/** Whether a weight at an epoch depends on how many epochs there are in all: a ramp without `stopEpoch`, or with one inside. */
export function weightDependsOnEpochs(spec: WeightSpec): boolean {
  if (typeof spec === "number") return false;
  if (!("total" in spec)) return spec.stopEpoch === undefined;
  const { total, part } = spec;
  return [...total, ...(part === undefined ? [] : [part.of, ...part.among])].some(weightDependsOnEpochs);
}
