import { KdflowError } from "../../../../core/index.ts";
import type { Decode, DecodeSettings, DetectorOutput } from "./decoder.ts";
import { bestClassAsObjectness, type DetectionRows, emptyRows, logitOf, setCentred } from "./detection-rows.ts";

/** Boxes and classes of a detector that gives them apart. */
export interface OutputPair {
  readonly boxes: DetectorOutput;
  readonly classes: DetectorOutput;
}

const boxNames = /^(dets|pred_boxes|boxes)$/i;
const classNames = /^(labels|logits|pred_logits|confs|scores)$/i;

/** Which of two outputs has the boxes: told by name, for with three or four classes the shapes are alike, else by shape. */
export function pairOf(outputs: readonly DetectorOutput[]): OutputPair | undefined {
  const [one, other] = outputs;
  if (one === undefined || other === undefined || outputs.length !== 2) return undefined;
  const byName = {
    boxes: outputs.find(({ name }) => boxNames.test(name)),
    classes: outputs.find(({ name }) => classNames.test(name)),
  };
  if (byName.boxes !== undefined && byName.classes !== undefined)
    return { boxes: byName.boxes, classes: byName.classes };
  const [isOne, isOther] = [one.shape.at(-1) === 4, other.shape.at(-1) === 4];
  if (isOne === isOther) return undefined;
  return isOne ? { boxes: one, classes: other } : { boxes: other, classes: one };
}

/**
 * pytorch-YOLOv4 and darknet2onnx: `[batch, rows, 1, 4]` corners in shares of the input's sides, and
 * `[batch, rows, classes]` probabilities in which objectness is multiplied already.
 */
export const decodeYolov4: Decode = (outputs, image, { width, height, classCount }) => {
  const { boxes, classes } = pairOrThrow(outputs);
  const count = classes.shape[1] ?? 0;
  const columns = classes.shape[2] ?? 0;
  const rows = emptyRows(count, classCount, false);
  for (let row = 0; row < count; row++) {
    const at = (image * count + row) * 4;
    for (let side = 0; side < 4; side++) {
      rows.corners[row * 4 + side] = (boxes.data[at + side] ?? 0) * (side % 2 === 0 ? width : height);
    }
    for (let id = 0; id < classCount; id++) {
      rows.classes[row * classCount + id] = logitOf(classes.data[(image * count + row) * columns + id] ?? 0);
    }
  }
  bestClassAsObjectness(rows);
  return rows;
};

/**
 * DETR and its kin: `[batch, queries, 4]` centre and sides in shares of the input's, and `[batch, queries, columns]`
 * class logits. With `softmax` the last column is no object; with `sigmoid` a column beyond the classes is left out.
 * 91 columns for COCO's 80 classes are its ids, which have gaps. A single output `[batch, queries, 4 + classes]`, as
 * Ultralytics exports RT-DETR, has probabilities behind the boxes.
 *
 * @see Carion et al. 2020, "End-to-End Object Detection with Transformers", arXiv 2005.12872
 */
export const decodeDetr: Decode = (outputs, image, settings) => {
  const [joined] = outputs;
  if (outputs.length === 1 && joined !== undefined) return decodeJoined(joined, image, settings);
  const { width, height, classCount, score = "sigmoid" } = settings;
  const { boxes, classes } = pairOrThrow(outputs);
  const count = classes.shape[1] ?? 0;
  const columns = classes.shape[2] ?? 0;
  const column = columnsOf(columns, classCount);
  const rows = emptyRows(count, classCount, false);
  for (let row = 0; row < count; row++) {
    const [x, y, w, h] = boxes.data.subarray((image * count + row) * 4, (image * count + row) * 4 + 4);
    setCentred(rows, row, (x ?? 0) * width, (y ?? 0) * height, (w ?? 0) * width, (h ?? 0) * height);
    const logits = classes.data.subarray((image * count + row) * columns, (image * count + row + 1) * columns);
    const others = score === "softmax" ? logSumExp(logits) : 0;
    for (let id = 0; id < classCount; id++) {
      const logit = logits[column[id] ?? 0] ?? 0;
      rows.classes[row * classCount + id] = score === "softmax" ? logitOf(Math.exp(logit - others)) : logit;
    }
  }
  bestClassAsObjectness(rows);
  return rows;
};

function decodeJoined({ shape, data }: DetectorOutput, image: number, settings: DecodeSettings): DetectionRows {
  const { width, height, classCount } = settings;
  const [, count = 0, columns = 0] = shape;
  const rows = emptyRows(count, classCount, false);
  for (let row = 0; row < count; row++) {
    const at = (image * count + row) * columns;
    const [x, y, w, h] = data.subarray(at, at + 4);
    setCentred(rows, row, (x ?? 0) * width, (y ?? 0) * height, (w ?? 0) * width, (h ?? 0) * height);
    for (let id = 0; id < classCount; id++) rows.classes[row * classCount + id] = logitOf(data[at + 4 + id] ?? 0);
  }
  bestClassAsObjectness(rows);
  return rows;
}

/** Ids below 91 that COCO's 80 classes do not use. */
const cocoGaps = new Set([0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

function columnsOf(columns: number, classCount: number): number[] {
  if (columns === 91 && classCount === 80)
    return Array.from({ length: 91 }, (_, id) => id).filter((id) => !cocoGaps.has(id));
  if (columns !== classCount && columns !== classCount + 1) {
    throw new KdflowError("KDF_TEACHER_DECODER", `the detector has ${columns} columns for ${classCount} classes`, {
      hint: `\`classes\` must name ${columns} classes, or ${columns - 1} where the last column is no object`,
    });
  }
  return Array.from({ length: classCount }, (_, id) => id);
}

function logSumExp(logits: Float32Array): number {
  const most = logits.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  return most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
}

function pairOrThrow(outputs: readonly DetectorOutput[]): OutputPair {
  const pair = pairOf(outputs);
  if (pair !== undefined) return pair;
  const shapes = outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
  throw new KdflowError("KDF_TEACHER_DECODER", `boxes and classes are not to be told apart: ${shapes}`);
}
