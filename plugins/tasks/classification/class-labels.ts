import { type DatasetSplit, KdflowError } from "../../../core/index.ts";

/**
 * The truth of a split of classified images: the class of each sample, −1 where it has none, `[count]`.
 *
 * @throws KDF_INTERNAL for a split whose truth is something else
 */
export function classLabels({ truth, name }: Pick<DatasetSplit, "truth" | "name">): Int32Array {
  if (truth instanceof Int32Array) return truth;
  throw new KdflowError("KDF_INTERNAL", `the truth of the split ${name} is no Int32Array of class indices`, {
    hint: "a dataset of the task classification gives `truth: Int32Array`, the class of each sample",
  });
}
