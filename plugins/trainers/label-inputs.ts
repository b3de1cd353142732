import type { LossInputName } from "../../core/index.ts";
import type { ClassWeights } from "../tasks/classification/class-weights.ts";

/** What a training has beside plain labels, and a loss on labels therefore has to take. */
export function labelInputsOf(mixes: boolean | undefined, weights: ClassWeights | undefined): readonly LossInputName[] {
  const second: readonly LossInputName[] = mixes === true ? ["secondLabels", "labelShares"] : [];
  return weights === undefined ? second : [...second, "classWeights"];
}
