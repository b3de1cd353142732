import { type AnswerSource, KdflowError } from "../../../core/index.ts";
import { packBoxes } from "./boxes.ts";
import { matchMeaning } from "./class-synonyms.ts";
import { sigmoid } from "./decoders/detection-rows.ts";
import { type KeepRules, keepDefaults, moveBoxes } from "./move-boxes.ts";
import { boxNumbers } from "./names.ts";
import type { ShownPhoto } from "./shown-photos.ts";

/** Numbers of a moved row before those of the classes: 1 for a row that is there, four of the box, objectness. */
export const movedNumbers = 6;

/** How the logits of stored rows, brought to the data's classes, are read. */
export interface RowReading {
  /** Of the data. */
  readonly classCount: number;
  /** Places of the data's classes that the teacher does not know. */
  readonly unknown: readonly number[];
  readonly hasObjectness: boolean;
  /**
   * Whether objectness has to be told anew, as the score of the best of the data's classes, and classes relative to it:
   * that of a teacher without objectness, or of one that knows other classes too, whose things are none of the data's.
   */
  readonly isRelative: boolean;
  /** A teacher of one class never trains it: its objectness tells all. */
  readonly isOneClass: boolean;
}

export function readingOf(source: AnswerSource, classNames: readonly string[]): RowReading {
  const columns = matchMeaning(source, classNames);
  const hasObjectness = Object.values(source.outputs).every(({ objectness }) => objectness !== false);
  const hasOthers = columns.flat().length < source.classNames.length;
  return {
    classCount: classNames.length,
    unknown: columns.flatMap((own, id) => (own.length === 0 ? [id] : [])),
    hasObjectness,
    isRelative: hasOthers || !hasObjectness,
    isOneClass: hasObjectness && source.classNames.length === 1,
  };
}

/** A photo of a view with the teacher's rows of the plain photo. */
export interface PhotoWithRows extends ShownPhoto {
  /** `[top, 5 + classes]`: corners as shares of the photo's sides, objectness and class logits. */
  readonly rows: Float32Array;
}

/**
 * A teacher's rows of plain photos as a view shows them, moved by what moves the boxes of the truth: cut off where they
 * are not seen, left out where too little is. Where a view shows several photos, their rows follow one another.
 *
 * @param out `[rows, 6 + classes]`: 1, or 0 for a row that is not there; left, top, right and bottom in pixels of the
 *   canvas; objectness; classes. Objectness times a class is the teacher's score of it; unknown classes are 0.
 * @throws KDF_INTERNAL where the rows have no room
 */
export function moveRows(
  photos: readonly PhotoWithRows[],
  reading: RowReading,
  out: Float32Array,
  rules: KeepRules = keepDefaults,
): void {
  const width = movedNumbers + reading.classCount;
  out.fill(0);
  let at = 0;
  for (const photo of photos) {
    const { rows, corners } = movedBoxes(photo, reading.classCount, rules);
    if (at + rows.length * width > out.length) {
      throw new KdflowError(
        "KDF_INTERNAL",
        `${out.length / width} rows have no room for those of ${photos.length} photos`,
      );
    }
    for (const [place, row] of rows.entries()) {
      out[at] = 1;
      out.set(corners.subarray(place * 4, place * 4 + 4), at + 1);
      writeProbs(photo.rows, row, reading, out.subarray(at + boxNumbers, at + width));
      at += width;
    }
  }
}

function movedBoxes(
  { rows, original, placement }: PhotoWithRows,
  classCount: number,
  rules: KeepRules,
): { readonly rows: readonly number[]; readonly corners: Float64Array } {
  const width = boxNumbers + classCount;
  const there: number[] = [];
  const boxes = [];
  for (let row = 0; row * width < rows.length; row++) {
    const at = row * width;
    const [left = 0, top = 0, right = 0, bottom = 0] = rows.subarray(at, at + 4);
    if (!(right > left && bottom > top)) continue;
    const { width: wide, height: high } = original;
    there.push(row);
    boxes.push({ corners: [left * wide, top * high, right * wide, bottom * high], class: 0 } as const);
  }
  const moved = moveBoxes(packBoxes([boxes]), 0, placement, rules);
  return { rows: Array.from(moved.rows, (place) => there[place] ?? 0), corners: moved.boxes.corners };
}

/** @param out `[1 + classes]` */
function writeProbs(rows: Float32Array, row: number, reading: RowReading, out: Float32Array): void {
  const { classCount, unknown, hasObjectness, isRelative, isOneClass } = reading;
  const at = row * (boxNumbers + classCount);
  const prob = (place: number): number => sigmoid(rows[at + place] ?? Number.NEGATIVE_INFINITY);
  const probs = Array.from({ length: classCount }, (_, id) => {
    if (unknown.includes(id)) return 0;
    return isOneClass ? 1 : prob(boxNumbers + id);
  });
  const best = isRelative ? Math.max(...probs, Number.MIN_VALUE) : 1;
  out[0] = (hasObjectness ? prob(4) : 1) * best;
  out.set(
    probs.map((each) => each / best),
    1,
  );
}
