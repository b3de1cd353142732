import { type Dataset, KdflowError, type Log } from "../../../core/index.ts";
import { boxFlags, rangeOf } from "../../tasks/detection/boxes.ts";
import { matchMeaning } from "../../tasks/detection/class-synonyms.ts";
import { detectionTruth } from "../../tasks/detection/detection-truth.ts";
import { iou } from "../../tasks/detection/iou.ts";
import type { ImportedBox } from "./join-results.ts";

/** Boxes of the truth are found from this overlap on. */
const foundFrom = 0.5;
/** Below this share of labelled things that are found under their class, boxes, photos or classes are mixed up. */
const nearZero = 0.01;

/**
 * Says how many labelled things the boxes find, and how many of these under their own class: ids that are off by one, and
 * corners in place of sides, find next to nothing.
 *
 * @throws KDF_TEACHER_CHANCE
 */
export function assertFitsTruth(
  photos: readonly (readonly ImportedBox[])[],
  classNames: readonly string[],
  { splits: { train }, classNames: own }: Dataset,
  log: Log,
): void {
  const { boxes } = detectionTruth(train);
  const columns = matchMeaning({ classNames }, own);
  let [things, found, named] = [0, 0, 0];
  for (const [image, given] of photos.entries()) {
    if (given.length === 0) continue;
    const corners = Float64Array.from(given.flatMap((box) => box.corners));
    const [from, to] = rangeOf(boxes, image);
    for (let row = from; row < to; row++) {
      const column = columns[boxes.classes[row] ?? -1] ?? [];
      if (((boxes.flags[row] ?? 0) & boxFlags.crowd) !== 0 || column.length === 0) continue;
      things += 1;
      const near = given.filter((_, at) => iou(boxes.corners, row, corners, at) >= foundFrom);
      if (near.length > 0) found += 1;
      if (near.some(({ scores }) => column.some((id) => scores.has(id)))) named += 1;
    }
  }
  if (things === 0) {
    const unchecked = "the boxes are not checked: no training photo that has some has labels of their classes";
    log.warn("importedUnchecked", { message: unchecked });
    return;
  }
  const percent = (count: number): string => `${((100 * count) / things).toFixed(1)} %`;
  const message = `the boxes find ${percent(found)} of ${things} labelled things on photos that have some, and ${percent(named)} under their class`;
  if (named / things >= nearZero) {
    log.info("importedBoxes", { message, things, found, named });
    return;
  }
  throw new KdflowError("KDF_TEACHER_CHANCE", message, {
    hint: [
      "`bbox` is left, top, width, height in pixels of the photo; `category_id` and `image_id` are those of `images`",
      "`classes` and `firstCategory` name categories that are counted in order",
    ],
  });
}
