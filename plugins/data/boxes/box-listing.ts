import { KdflowError, type SplitName } from "../../../core/index.ts";
import type { Box } from "../../tasks/detection/boxes.ts";
import type { PhotoSides } from "./clean-boxes.ts";

/** A photo and its boxes as its labels give them. */
export interface BoxEntry {
  readonly path: string;
  /** `undefined` where the split is still to be drawn. */
  readonly split: SplitName | undefined;
  /** Whatever of the labels decides the boxes, as text. */
  readonly labels: string;
  /** True for a photo of which no labels are known; it is trained on and never held out. */
  readonly unlabelled?: true;
  /** Boxes as they stand: neither clipped nor sorted out. */
  boxes(photo: PhotoSides): readonly Box[];
}

/** Photos with boxes, as the files of a data set name them. */
export interface BoxListing {
  readonly classNames: readonly string[];
  readonly entries: readonly BoxEntry[];
  /** Splits that the files or the options name; the others are drawn. */
  readonly given: ReadonlySet<SplitName>;
  /** What the user should know of how the files were understood, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Entries of several splits as one list. A photo of two splits is taken for the later one alone, so that nothing is
 * trained on that is scored.
 */
export function joinSplits(
  classNames: readonly string[],
  splits: Readonly<Partial<Record<SplitName, readonly BoxEntry[]>>>,
  notes: readonly string[],
): BoxListing {
  const byPath = new Map<string, BoxEntry>();
  let twice = 0;
  for (const name of ["train", "validation", "test"] as const) {
    for (const entry of splits[name] ?? []) {
      const before = byPath.get(entry.path);
      if (before !== undefined && before.split !== (name === "train" ? undefined : name)) twice++;
      // which of the training photos are held out is still to be drawn
      byPath.set(entry.path, { ...entry, split: name === "train" ? undefined : name });
    }
  }
  if (byPath.size === 0) throw new KdflowError("KDF_INPUT_EMPTY", "the data names no photos");
  const given = (["validation", "test"] as const).filter((name) => splits[name] !== undefined);
  const told = twice === 0 ? [] : [`${twice} photos stand in two splits and are taken for the later one alone`];
  return { classNames, entries: [...byPath.values()], given: new Set(given), notes: [...notes, ...told] };
}

/** How many photos have no label file, in words. */
export function backgroundNote(count: number): readonly string[] {
  if (count === 0) return [];
  return [
    `${count === 1 ? "1 photo has no label file and counts" : `${count} photos have no label file and count`} as background`,
  ];
}
