import { KdflowError } from "../../../../core/index.ts";
import { decodeYolov7Raw } from "./decode-cells.ts";
import {
  countedParts,
  decodeCounted,
  decodeDetrFinished,
  decodeListed,
  decodeSlots,
  labelledParts,
} from "./decode-finished.ts";
import { decodeDetr, decodeYolov4 } from "./decode-pairs.ts";
import { decodeGrid, decodeYolov6, decodeYolov8, decodeYolox, strides } from "./decode-rows.ts";
import type { Decode, DecoderName, DecodeSettings, DetectorOutput } from "./decoder.ts";

export const decoders: Readonly<Record<DecoderName, Decode>> = {
  yolov5: decodeGrid,
  "yolov7-raw": decodeYolov7Raw,
  "yolov7-grid": decodeGrid,
  yolov6: decodeYolov6,
  yolox: decodeYolox,
  yolov8: decodeYolov8,
  yolov4: decodeYolov4,
  detr: decodeDetr,
  "nms-counted": decodeCounted,
  "nms-slots": decodeSlots,
  "nms-rows": decodeListed,
  "detr-finished": decodeDetrFinished,
};

/** What outputs look like: one decoder for certain, or one of several. */
export type Recognition =
  | { readonly kind: "certain"; readonly decoder: DecoderName; readonly why: string }
  | { readonly kind: "either"; readonly decoders: readonly DecoderName[]; readonly why: string };

/**
 * Says which decoder outputs are for, by their shapes, and where two families share shapes by the values of one answer.
 * Names of outputs decide only between boxes and classes of the same shape.
 *
 * @param outputs of a real photo; with empty `data` shapes alone are looked at
 * @throws KDF_TEACHER_DECODER where they fit none, with the shapes
 */
export function recogniseDecoder(
  outputs: readonly DetectorOutput[],
  settings: Pick<DecodeSettings, "width" | "height" | "classCount">,
): Recognition {
  const found =
    finishedBoxes(outputs) ?? cellLevels(outputs, settings) ?? pair(outputs, settings) ?? single(outputs, settings);
  if (found !== undefined) return found;
  const shapes = outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
  throw new KdflowError("KDF_TEACHER_DECODER", `the outputs fit no decoder: ${shapes}`, {
    hint: [nearest(outputs, settings), "name `decoder` where you know the family, and give all classes that it knows"],
  });
}

/** Detectors by cells have more rows than this at any usual size, those by queries fewer. */
const mostQueries = 1000;

type Sizes = Pick<DecodeSettings, "width" | "height" | "classCount">;

/** Boxes that were chosen in the graph; `undefined` for raw outputs. Names tell parts of one shape apart. */
export function finishedBoxes(outputs: readonly DetectorOutput[]): Recognition | undefined {
  const chosen = "boxes that were chosen in the graph";
  if (outputs.length === 3 && labelledParts(outputs) !== undefined) {
    return { kind: "certain", decoder: "detr-finished", why: `\`labels\`, \`boxes\` and \`scores\`: ${chosen}` };
  }
  if (countedParts(outputs) !== undefined) {
    return { kind: "certain", decoder: "nms-counted", why: `four outputs with a count: ${chosen}` };
  }
  const [output] = outputs;
  if (outputs.length !== 1 || output === undefined) return undefined;
  const { shape } = output;
  const why = `[${shape.join(", ")}]: ${chosen}`;
  if (shape.length === 2 && shape[1] === 7) return { kind: "certain", decoder: "nms-rows", why };
  if (shape.length !== 3 || shape[2] !== 6 || (shape[1] ?? 0) > mostQueries) return undefined;
  return hasWholeClasses(output) ? { kind: "certain", decoder: "nms-slots", why } : undefined;
}

/** Queries of two classes have six numbers too, but the last is a probability. */
function hasWholeClasses({ data }: DetectorOutput): boolean {
  for (let at = 5; at < data.length; at += 6) if (!Number.isInteger(data[at])) return false;
  return true;
}

function cellLevels(outputs: readonly DetectorOutput[], { width, classCount }: Sizes): Recognition | undefined {
  const fits = outputs.every(
    ({ shape }) =>
      shape.length === 5 && shape[4] === 5 + classCount && strides.concat(64, 4).includes(width / (shape[3] ?? 0)),
  );
  if (outputs.length < 2 || !fits) return undefined;
  return { kind: "certain", decoder: "yolov7-raw", why: "one map of anchors and cells for each stride" };
}

function pair(outputs: readonly DetectorOutput[], { classCount }: Sizes): Recognition | undefined {
  if (outputs.length !== 2) return undefined;
  const corners = outputs.find(({ shape }) => shape.length === 4 && shape[2] === 1 && shape[3] === 4);
  if (corners !== undefined) {
    const other = outputs.find((output) => output !== corners);
    if (other?.shape[2] !== classCount) return undefined;
    return { kind: "certain", decoder: "yolov4", why: "corners [batch, rows, 1, 4] and probabilities" };
  }
  const [one, other] = outputs.map(({ shape }) => shape);
  if (one?.length !== 3 || other?.length !== 3 || one[1] !== other[1] || (one[1] ?? 0) > mostQueries) return undefined;
  const wanted = [classCount, classCount + 1, ...(classCount === 80 ? [91] : [])];
  const fits = (boxes: readonly number[], classes: readonly number[]) =>
    boxes[2] === 4 && wanted.includes(classes[2] ?? 0);
  if (!fits(one, other) && !fits(other, one)) return undefined;
  return { kind: "certain", decoder: "detr", why: "boxes and class logits of the same few queries" };
}

function single(outputs: readonly DetectorOutput[], settings: Sizes): Recognition | undefined {
  const [output] = outputs;
  if (outputs.length !== 1 || output?.shape.length !== 3) return undefined;
  const [, one = 0, other = 0] = output.shape;
  const { classCount } = settings;
  const cells = cellCount(settings);
  if (one === 4 + classCount && other === cells) {
    return { kind: "certain", decoder: "yolov8", why: "channels of 4 + classes before the cells" };
  }
  if (other === 4 + classCount && one <= mostQueries) {
    return { kind: "certain", decoder: "detr", why: "few queries, each a box and class probabilities" };
  }
  if (other !== 5 + classCount) return undefined;
  if (one === 3 * cells) {
    return {
      kind: "certain",
      decoder: "yolov5",
      why: "three anchors for each cell, decoded (YOLOv5, or YOLOv7 with its grid)",
    };
  }
  return one === cells ? withoutAnchors(output) : undefined;
}

/** YOLOv6 and YOLOX have the same shape. YOLOv6's objectness is 1 throughout; YOLOX's boxes are left in strides. */
function withoutAnchors({ shape, data }: DetectorOutput): Recognition {
  const [, count = 0, width = 0] = shape;
  const why = "one row for each cell, with objectness";
  if (data.length < count * width) return { kind: "either", decoders: ["yolov6", "yolox"], why };
  let ones = 0;
  let furthest = 0;
  for (let row = 0; row < count; row++) {
    if (data[row * width + 4] === 1) ones++;
    furthest = Math.max(furthest, Math.abs(data[row * width] ?? 0));
  }
  if (ones === count) return { kind: "certain", decoder: "yolov6", why: `${why} that is 1 throughout` };
  // decoded centres go from one side of the photo to the other; undecoded ones stay within some cells of their own
  if (furthest < farthestCells) return { kind: "certain", decoder: "yolox", why: `${why}, centres in cells` };
  return { kind: "certain", decoder: "yolov5", why: `${why}, centres in pixels (YOLOX decoded in its graph)` };
}

const farthestCells = 32;

function cellCount({ width, height }: Sizes): number {
  return strides.reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0);
}

/** What the likeliest decoder would have wanted. */
function nearest(outputs: readonly DetectorOutput[], settings: Sizes): string {
  const cells = cellCount(settings);
  const { classCount } = settings;
  const [output] = outputs;
  if (outputs.length === 1) {
    const [, one = 0, other = 0] = output?.shape ?? [];
    if (one < other) return `nearest: yolov8 wants [batch, ${4 + classCount}, ${cells}]`;
    return one > 2 * cells || one % 3 === 0
      ? `nearest: yolov5 wants [batch, ${3 * cells}, ${5 + classCount}]`
      : `nearest: yolox and yolov6 want [batch, ${cells}, ${5 + classCount}]`;
  }
  if (outputs.length === 2) {
    return `nearest: detr wants [batch, queries, 4] and [batch, queries, ${classCount} or ${classCount + 1}]; yolov4 wants [batch, rows, 1, 4] and [batch, rows, ${classCount}]`;
  }
  const levels = strides.map(
    (stride) => `[batch, 3, ${settings.height / stride}, ${settings.width / stride}, ${5 + classCount}]`,
  );
  return `nearest: yolov7-raw wants ${levels.join(", ")}`;
}
