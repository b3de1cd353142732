import { type DatasetSplit, KdflowError } from "../../../core/index.ts";
import { type Box, type Boxes, packBoxes, rangeOf } from "./boxes.ts";

/** What a split of photos with boxes knows of them. */
export interface DetectionTruth {
  /** In pixels of the upright photos. */
  readonly boxes: Boxes;
  /** Height and width of each upright photo, `[count, 2]`. */
  readonly sizes: Int32Array;
}

/**
 * The truth of a split of photos with boxes.
 *
 * @throws KDF_INTERNAL for a split whose truth is something else
 */
export function detectionTruth({ truth, name }: Pick<DatasetSplit, "truth" | "name">): DetectionTruth {
  if (typeof truth === "object" && truth !== null && "boxes" in truth && "sizes" in truth)
    return truth as DetectionTruth;
  throw new KdflowError("KDF_INTERNAL", `the truth of the split ${name} has no boxes and sizes of photos`, {
    hint: "a dataset of the task detection gives `truth: { boxes, sizes }`",
  });
}

/** The truths of several sources one after the other, each class at its place in `classNames`. */
export function joinDetectionTruths(
  parts: readonly { readonly truth: DetectionTruth; readonly classNames: readonly string[] }[],
  classNames: readonly string[],
): DetectionTruth {
  const images = parts.flatMap(({ truth: { boxes, sizes }, classNames: own }) => {
    const places = own.map((name) => classNames.indexOf(name));
    return Array.from({ length: sizes.length / 2 }, (_, image) => boxesOf(boxes, image, places));
  });
  return { boxes: packBoxes(images), sizes: Int32Array.from(parts.flatMap(({ truth }) => [...truth.sizes])) };
}

function boxesOf(boxes: Boxes, image: number, places: readonly number[]): Box[] {
  const [from, to] = rangeOf(boxes, image);
  return Array.from({ length: to - from }, (_, at) => {
    const row = from + at;
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.corners.subarray(row * 4, row * 4 + 4);
    return {
      corners: [left, top, right, bottom],
      class: places[boxes.classes[row] ?? -1] ?? -1,
      area: boxes.areas[row],
      flags: boxes.flags[row],
    };
  });
}
