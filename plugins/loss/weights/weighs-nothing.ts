import type { WeightSpec } from "../../../core/index.ts";

/** Whether a weight is 0 at every moment of a run. */
export function weighsNothing(spec: WeightSpec): boolean {
  if (typeof spec === "number") return spec === 0;
  return "total" in spec ? spec.total.every(weighsNothing) : spec.from === 0 && spec.to === 0;
}
