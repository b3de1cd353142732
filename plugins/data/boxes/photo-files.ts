import { type DatasetSplit, KdflowError } from "../../../core/index.ts";

/** A split that knows under which names its photos lie. */
export interface PhotoFiles {
  /** Paths of the files with a sample's photo: several where there are copies of it. */
  filesOf(index: number): readonly string[];
}

/**
 * The files of each photo of a split.
 *
 * @throws KDF_INPUT_ROWS for data whose photos are no files
 */
export function photoFiles(split: DatasetSplit): readonly (readonly string[])[] {
  if (!hasFiles(split)) {
    throw new KdflowError("KDF_INPUT_ROWS", "the photos of this data have no names, and boxes are found by them", {
      hint: "take `data: coco`, `voc` or `yolo`",
    });
  }
  return Array.from({ length: split.count }, (_, index) => split.filesOf(index));
}

function hasFiles(split: object): split is PhotoFiles {
  return "filesOf" in split && typeof split.filesOf === "function";
}
