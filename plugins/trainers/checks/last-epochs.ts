import { allowedHint, KdflowError, type PortDescriptions } from "../../../core/index.ts";

/** Augmentations that the last epochs of a training leave out. */
export interface LastEpochs {
  readonly epochs: number;
  /** By the names that the data uses them by. */
  readonly without: readonly string[];
}

/** What views leave out in each epoch, counted from 0. */
export function leftOut(
  lastEpochs: LastEpochs | undefined,
  epochs: number,
): (epoch: number) => readonly string[] | undefined {
  if (lastEpochs === undefined) return () => undefined;
  return (epoch) => (epoch >= epochs - lastEpochs.epochs ? lastEpochs.without : undefined);
}

/**
 * Checks, while planning, that some source of data has the augmentations, and that the teacher's answers can follow.
 *
 * @throws KDF_PLAN_OPTIONS
 */
export function checkLastEpochs(
  lastEpochs: LastEpochs | undefined,
  { data = [], softLabels = [] }: PortDescriptions,
): void {
  if (lastEpochs === undefined) return;
  const [labels] = softLabels;
  if (labels !== undefined) {
    throw new KdflowError("KDF_PLAN_OPTIONS", `soft labels "${labels.stage}" have no views for the last epochs`, {
      hint: "they are of views with all augmentations; name a teacher without `softLabels`, or leave `lastEpochs` out",
      option: "/lastEpochs",
    });
  }
  const known = data.flatMap(({ augmentations }) => augmentations ?? []);
  if (data.some(({ augmentations }) => augmentations === undefined)) return;
  for (const [place, name] of lastEpochs.without.entries()) {
    if (known.includes(name)) continue;
    throw new KdflowError("KDF_PLAN_OPTIONS", `the data has no augmentation "${name}" to leave out`, {
      hint: known.length === 0 ? "its `augment` is empty" : allowedHint(name, [...new Set(known)]),
      option: `/lastEpochs/without/${place}`,
    });
  }
}
