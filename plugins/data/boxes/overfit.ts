import { KdflowError, type ProviderUse } from "../../../core/index.ts";
import type { BoxesOptions } from "./box-options.ts";
import type { BoxRecord } from "./box-records.ts";

/** The augmentations that views have: none where a few photos are to be learned by heart. */
export function viewAugmentations({
  augment,
  overfit,
}: Pick<BoxesOptions, "augment" | "overfit">): readonly ProviderUse[] {
  return overfit === undefined ? augment : [];
}

/**
 * The first training photos with boxes, each of them in every split.
 *
 * @throws KDF_INPUT_EMPTY where no training photo has a box
 */
export function overfitRecords(records: readonly BoxRecord[], count: number): BoxRecord[] {
  const some = records.filter(({ split, boxes }) => split === "train" && boxes.length > 0).slice(0, count);
  if (some.length === 0) {
    throw new KdflowError("KDF_INPUT_EMPTY", "no training photo has a box that could be learned by heart", {
      hint: "look at the labels: kdflow data stats <pipeline>",
      option: "/overfit",
    });
  }
  return (["train", "validation", "test"] as const).flatMap((split) => some.map((record) => ({ ...record, split })));
}

/** What a plan says of data that are to be learned by heart; nothing else. */
export function overfitNotes({ overfit }: Pick<BoxesOptions, "overfit">): readonly string[] {
  if (overfit === undefined) return [];
  return [
    `training, validation and test are the same ${overfit} photos: its scores say whether the network can learn them by heart, and are no result`,
  ];
}
