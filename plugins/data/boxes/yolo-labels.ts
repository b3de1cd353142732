import { KdflowError } from "../../../core/index.ts";
import type { Box } from "../../tasks/detection/boxes.ts";
import type { PhotoSides } from "./clean-boxes.ts";
import { placeOfLine } from "./text-place.ts";

/**
 * Reads the label file of one photo in YOLO's form: a line for each object, the class's number and then, in shares of
 * the photo's sides, the box's centre, width and height, or the points of a polygon, which becomes the box around it.
 * Boxes and polygons may stand in the same file. An empty file is a photo without objects.
 *
 * Boxes are returned as they stand: not clipped, and with NaN where the file says so.
 *
 * @param names class names, by number
 * @throws KDF_INPUT_FORMAT for a line that is neither, KDF_INPUT_CLASSES for a class without a name; both with the line
 */
export function parseYoloLabels(file: string, text: string, photo: PhotoSides, names: readonly string[]): Box[] {
  const boxes: Box[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  lines.forEach((line, at) => {
    const words = line.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) return;
    const fail = (code: "KDF_INPUT_FORMAT" | "KDF_INPUT_CLASSES", message: string, hint: string): never => {
      throw new KdflowError(code, message, { where: placeOfLine(file, text.replaceAll(/\r\n?/g, "\n"), at + 1), hint });
    };
    const [id = Number.NaN, ...rest] = words.map((word) =>
      isNumber(word) ? Number(word) : fail("KDF_INPUT_FORMAT", `"${word}" is not a number`, formHint),
    );
    if (!Number.isInteger(id) || id < 0) fail("KDF_INPUT_FORMAT", `"${words[0]}" is not a class number`, formHint);
    if (id >= names.length) {
      fail("KDF_INPUT_CLASSES", `class ${id} has no name: \`names\` has ${names.length}`, "classes count from 0");
    }
    if (rest.length === 4) boxes.push({ corners: boxAround(rest, photo), class: id });
    else if (rest.length >= 6 && rest.length % 2 === 0) boxes.push({ corners: hull(rest, photo), class: id });
    else fail("KDF_INPUT_FORMAT", `the line has ${words.length} numbers`, formHint);
  });
  return boxes;
}

const formHint = "a line is `class x y width height`, or a class and the x and y of three or more points";

function isNumber(word: string): boolean {
  return Number.isFinite(Number(word)) || /^[+-]?(nan|inf(inity)?)$/i.test(word);
}

function boxAround([x = 0, y = 0, w = 0, h = 0]: readonly number[], { width, height }: PhotoSides): Box["corners"] {
  return [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height];
}

function hull(points: readonly number[], { width, height }: PhotoSides): Box["corners"] {
  const xs = points.filter((_, at) => at % 2 === 0);
  const ys = points.filter((_, at) => at % 2 === 1);
  return [Math.min(...xs) * width, Math.min(...ys) * height, Math.max(...xs) * width, Math.max(...ys) * height];
}
