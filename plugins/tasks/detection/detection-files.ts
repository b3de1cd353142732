import { boxFlags, rangeOf } from "./boxes.ts";
import type { DetectionTruth } from "./detection-truth.ts";
import type { Detection } from "./detections.ts";

/**
 * The truth of some photos in COCO's instances form. Ids of photos are their places in the split, those of categories
 * count from 1 in the order of the classes; `ignore` marks difficult boxes.
 */
export function instancesJson(
  { boxes, sizes }: DetectionTruth,
  images: readonly number[],
  classNames: readonly string[],
): string {
  const annotations: object[] = [];
  for (const image of images) {
    const [from, to] = rangeOf(boxes, image);
    for (let row = from; row < to; row++) {
      const [left = 0, top = 0, right = 0, bottom = 0] = boxes.corners.subarray(row * 4, row * 4 + 4);
      const flags = boxes.flags[row] ?? 0;
      annotations.push({
        id: annotations.length + 1,
        image_id: image,
        category_id: (boxes.classes[row] ?? 0) + 1,
        bbox: [left, top, right - left, bottom - top],
        area: boxes.areas[row],
        iscrowd: (flags & boxFlags.crowd) === 0 ? 0 : 1,
        ...((flags & boxFlags.difficult) !== 0 && { ignore: 1 }),
      });
    }
  }
  return JSON.stringify({
    images: images.map((id) => ({ id, height: sizes[id * 2], width: sizes[id * 2 + 1], file_name: "" })),
    categories: classNames.map((name, id) => ({ id: id + 1, name })),
    annotations,
  });
}

/** Detections in COCO's results form, with the ids of {@link instancesJson}. */
export function resultsJson(images: readonly number[], found: readonly (readonly Detection[])[]): string {
  return JSON.stringify(
    images.flatMap((image, at) =>
      (found[at] ?? []).map(({ corners: [left, top, right, bottom], class: id, score }) => ({
        image_id: image,
        category_id: id + 1,
        bbox: [left, top, right - left, bottom - top],
        score,
      })),
    ),
  );
}
