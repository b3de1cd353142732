import { type Box, boxFlags } from "../../tasks/detection/boxes.ts";
import type { ClassIndex } from "./class-index.ts";
import type { CocoInstances } from "./coco-instances.ts";
import { placeOfLine } from "./text-place.ts";
import type { VocAnnotation } from "./voc-xml.ts";

/** The boxes of a VOC annotation, as they stand. @throws KDF_INPUT_CLASSES at the object's line */
export function vocBoxes({ objects }: VocAnnotation, classes: ClassIndex, file: string, text: string): Box[] {
  return objects.map(({ name, corners, difficult, line }) => ({
    corners,
    class: classes.of(name, () => placeOfLine(file, text, line)),
    flags: difficult ? boxFlags.difficult : 0,
  }));
}

/** The boxes of each image of an instances file, in the order of its images, as they stand. */
export function cocoBoxes({ images, rows }: CocoInstances): Box[][] {
  const boxes: Box[][] = images.map(() => []);
  rows.images.forEach((image, row) => {
    const [left = 0, top = 0, width = 0, height = 0] = rows.bounds.subarray(row * 4, row * 4 + 4);
    boxes[image]?.push({
      corners: [left, top, left + width, top + height],
      class: rows.classes[row] as number,
      area: rows.areas[row] as number,
      flags: rows.flags[row] as number,
    });
  });
  return boxes;
}
