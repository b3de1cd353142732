import type { SplitName } from "../../../../core/index.ts";
import { boxFlags } from "../../../tasks/detection/boxes.ts";
import { cocoRules } from "../../../tasks/detection/coco-rules.ts";
import type { BoxRecord } from "../box-records.ts";
import { isUnlabelled } from "../unlabelled-photos.ts";

export const splitNames: readonly SplitName[] = ["train", "validation", "test"];

/** What a data set of photos with boxes consists of. */
export interface BoxStats {
  readonly splits: Readonly<
    Record<
      SplitName,
      { readonly photos: number; readonly unlabelled: number; readonly background: number; readonly boxes: number }
    >
  >;
  /** Boxes of each class, by split. */
  readonly classes: Readonly<Record<string, Readonly<Record<SplitName, number>>>>;
  readonly crowds: number;
  readonly difficult: number;
  /** Lengths of the photos' sides in pixels. */
  readonly photoSides: Spread;
  /** Square roots of the boxes' areas, in pixels of the photo. */
  readonly boxSides: Spread;
  /** Boxes by COCO's ranges of area. */
  readonly areas: Readonly<Record<string, number>>;
}

export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** Counts the records of a data set. */
export function boxStats(all: readonly BoxRecord[], classNames: readonly string[]): BoxStats {
  const records = all.filter(({ boxes }) => !isUnlabelled(boxes));
  const none = (): Record<SplitName, number> => ({ train: 0, validation: 0, test: 0 });
  const perClass = classNames.map(none);
  for (const { split, boxes } of records) {
    for (const { class: id } of boxes) {
      const counts = perClass[id];
      if (counts !== undefined) counts[split] += 1;
    }
  }
  const boxes = records.flatMap((record) => record.boxes);
  const areas = boxes.map(({ corners: [left, top, right, bottom], area }) => area ?? (right - left) * (bottom - top));
  const inRange = (least: number, most: number): number => areas.filter((area) => area >= least && area < most).length;
  const flagged = (flag: number): number => boxes.filter(({ flags = 0 }) => (flags & flag) !== 0).length;
  const ranges = cocoRules.areaRanges.filter(({ name }) => name !== "all");
  return {
    splits: {
      train: ofSplit(all, "train"),
      validation: ofSplit(all, "validation"),
      test: ofSplit(all, "test"),
    },
    classes: Object.fromEntries(classNames.map((name, id) => [name, perClass[id] ?? none()])),
    crowds: flagged(boxFlags.crowd),
    difficult: flagged(boxFlags.difficult),
    photoSides: spread(all.flatMap(({ width, height }) => [width, height])),
    boxSides: spread(areas.map(Math.sqrt)),
    areas: Object.fromEntries(ranges.map(({ name, from, to }) => [name, inRange(from, to)])),
  };
}

function ofSplit(records: readonly BoxRecord[], split: SplitName): BoxStats["splits"][SplitName] {
  const own = records.filter((record) => record.split === split);
  const labelled = own.filter(({ boxes }) => !isUnlabelled(boxes));
  return {
    photos: own.length,
    unlabelled: own.length - labelled.length,
    background: labelled.filter(({ boxes }) => boxes.length === 0).length,
    boxes: labelled.reduce((sum, { boxes }) => sum + boxes.length, 0),
  };
}

/** Zeros of nothing. */
function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  return { least: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0, most: sorted.at(-1) ?? 0 };
}
