import { KdflowError, type SplitName } from "../../../core/index.ts";

/** The error of an evaluation on a split without samples. */
export function nothingToScore(split: SplitName): KdflowError {
  return new KdflowError("KDF_INPUT_EMPTY", `the ${split} split has no samples: there is nothing to score`, {
    hint: "give the data such a split, or score the other one by `split`",
    option: "/split",
  });
}
