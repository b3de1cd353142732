import { type ImageSize, KdflowError, plainView, type Teacher, type View } from "../../../core/index.ts";
import { sharedBytes } from "../../data/views/made-ahead.ts";
import { rowsOf } from "../../tasks/detection/answer-rows.ts";
import { type DetectionRows, emptyRows } from "../../tasks/detection/decoders/detection-rows.ts";
import { detectionTruth } from "../../tasks/detection/detection-truth.ts";
import { bringBack } from "../../tasks/detection/move-boxes.ts";
import { boxNumbers } from "../../tasks/detection/names.ts";
import { placements } from "../../tasks/detection/placements.ts";
import { originalOf } from "../../tasks/detection/shown-photos.ts";
import { viewerOf } from "../../tasks/detection/viewer.ts";
import type { LabelRow } from "../storing/label-job.ts";
import type { BoxJob, PhotoRows } from "./box-job.ts";
import { chooseRows } from "./choose-rows.ts";

/**
 * Asks the teacher about some photos of the train split, plain or each in one of its views, rendered as the teacher sees
 * photos. Boxes are brought back into the photo, whatever the view shows of it.
 *
 * @throws KDF_TEACHER_NOT_FINITE naming the first photo with a NaN among its rows
 */
export async function labelPhotos(
  { dataset, teacher, top, minScore, views: count }: Pick<BoxJob, "dataset" | "teacher" | "top" | "minScore" | "views">,
  asked: readonly LabelRow[],
): Promise<PhotoRows[]> {
  const { train } = dataset.splits;
  const { imageSize: size, outputs } = teacher;
  const samples = asked.map(({ sample }) => sample);
  const views = count === undefined ? undefined : asked.map(({ sample, view }) => dataset.view("train", sample, view));
  const pixels = sharedBytes(samples.length * size.height * size.width * size.channels);
  await train.render(samples, views, size, pixels);
  const answers = await teacher.predict(pixels, samples.length);
  const truth = detectionTruth(train);
  return samples.map((sample, place) => {
    const given = rowsOf(answers, outputs, place);
    assertFinite(given, sample, train.digests[sample] ?? "");
    const original = originalOf(truth, sample);
    const rows = onPhoto(given, original, teacher, views?.[place]);
    // suppression is reckoned where the teacher saw the boxes, as everywhere
    const { rows: chosen, cut } = chooseRows(rows.seen, { top, minScore });
    return { values: valuesOf(rows, chosen, original), cut, isShort: isShort(given, minScore) };
  });
}

export interface RowsOnPhoto {
  /** Those that lie on the photo at least in part, where suppression is reckoned: on the teacher's canvas. */
  readonly seen: DetectionRows;
  /** `[rows, 4]`, in pixels of the photo, cut off at its border. */
  readonly corners: Float64Array;
}

function onPhoto(
  rows: DetectionRows,
  original: ImageSize,
  { imageSize }: Pick<Teacher, "imageSize">,
  view: View = plainView,
): RowsOnPhoto {
  const { classCount, hasObjectness } = rows;
  const [placement] = placements(view, [original], viewerOf(imageSize));
  if (placement === undefined) return { seen: emptyRows(0, classCount, hasObjectness), corners: new Float64Array() };
  const all = bringBack(rows.corners, placement, original);
  const at = (row: number, side: number): number => all[row * 4 + side] ?? 0;
  const inside = Array.from(rows.objectness.keys()).filter((row) => at(row, 2) > at(row, 0) && at(row, 3) > at(row, 1));
  const seen = emptyRows(inside.length, classCount, hasObjectness);
  const corners = new Float64Array(inside.length * 4);
  inside.forEach((row, place) => {
    corners.set(all.subarray(row * 4, row * 4 + 4), place * 4);
    seen.corners.set(rows.corners.subarray(row * 4, row * 4 + 4), place * 4);
    seen.objectness[place] = rows.objectness[row] ?? 0;
    seen.classes.set(classesOf(rows, row), place * classCount);
  });
  return { seen, corners };
}

/** `[rows, 5 + classes]`: chosen rows as they are stored. */
export function valuesOf(
  { seen, corners }: RowsOnPhoto,
  chosen: Uint32Array,
  { width, height }: ImageSize,
): Float32Array {
  const numbers = boxNumbers + seen.classCount;
  const values = new Float32Array(chosen.length * numbers);
  chosen.forEach((row, place) => {
    const at = place * numbers;
    for (let side = 0; side < 4; side++) {
      values[at + side] = (corners[row * 4 + side] ?? 0) / (side % 2 === 0 ? width : height);
    }
    values[at + 4] = seen.objectness[row] ?? 0;
    values.set(classesOf(seen, row), at + boxNumbers);
  });
  return values;
}

function classesOf({ classes, classCount }: DetectionRows, row: number): Float32Array {
  return classes.subarray(row * classCount, (row + 1) * classCount);
}

/** A detector hands over its surest rows alone; where the least sure one counts, others may have counted too. */
function isShort({ objectness, classes, classCount, hasObjectness }: DetectionRows, minScore: number): boolean {
  const last = objectness.length - 1;
  if (last < 0) return false;
  const prob = (logit: number): number => 1 / (1 + Math.exp(-logit));
  const best = classes.subarray(last * classCount).reduce((most, logit) => Math.max(most, prob(logit)), 0);
  return (hasObjectness ? prob(objectness[last] ?? 0) * best : best) > minScore;
}

function assertFinite({ corners, objectness, classes }: DetectionRows, sample: number, digest: string): void {
  if (![corners, objectness, classes].some((numbers) => numbers.some(Number.isNaN))) return;
  throw new KdflowError("KDF_TEACHER_NOT_FINITE", `a row of the teacher is NaN for training photo ${sample}`, {
    hint: [`the record's digest is ${digest}`, "check the teacher's weights and its input range"],
  });
}
