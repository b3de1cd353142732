import { KdflowError } from "../../../../core/index.ts";
import type { Decode, DecoderName, DecodeSettings, DetectorOutput } from "./decoder.ts";
import { bestClassAsObjectness, type DetectionRows, emptyRows, logitOf } from "./detection-rows.ts";

/** Logit of classes that nothing is said of: its sigmoid is below every threshold, and it is finite. */
const unsaid = -100;

/** Rows that a list without slots has room for in an image. */
export const finishedRows = 300;

/** One box that was chosen in the graph. */
interface FinishedBox {
  readonly corners: ArrayLike<number>;
  readonly score: number;
  readonly class: number;
}

/** Decoders of boxes that were chosen in the graph, one class and one score each: of use as pseudo-labels alone. */
export const finishedDecoders: readonly DecoderName[] = ["nms-counted", "nms-slots", "nms-rows", "detr-finished"];

/**
 * YOLOv6's and YOLOv7's `--end2end`: `num_dets` `[batch, 1]`, `det_boxes` `[batch, slots, 4]` corners in pixels of the
 * input, `det_scores` and `det_classes` `[batch, slots]`.
 */
export const decodeCounted: Decode = (outputs, image, settings) => {
  const parts = countedParts(outputs);
  if (parts === undefined) throw unlike(outputs, "a count, boxes, scores and classes");
  const { count, boxes, scores, classes } = parts;
  const slots = scores.shape[1] ?? 0;
  const found = Math.min(count.data[image] ?? 0, slots);
  return rowsOfBoxes(boxesOf({ boxes, scores, classes }, image, slots).slice(0, found), slots, settings);
};

/** RT-DETR, D-FINE and their kin with `orig_target_sizes`: `labels` and `scores` `[batch, queries]`, `boxes` corners. */
export const decodeDetrFinished: Decode = (outputs, image, settings) => {
  const parts = labelledParts(outputs);
  if (parts === undefined) throw unlike(outputs, "labels, boxes and scores");
  const slots = parts.scores.shape[1] ?? 0;
  return rowsOfBoxes(boxesOf(parts, image, slots), slots, settings);
};

/** Ultralytics' `nms=True` and YOLOv10: `[batch, slots, 6]` of corners, score and class; empty slots are zeros. */
export const decodeSlots: Decode = ([output], image, settings) => {
  const [, slots = 0, width = 0] = output?.shape ?? [];
  const boxes = Array.from({ length: slots }, (_, slot): FinishedBox => {
    const row = output?.data.subarray((image * slots + slot) * width, (image * slots + slot + 1) * width) ?? [];
    return { corners: row, score: row[4] ?? 0, class: row[5] ?? 0 };
  });
  return rowsOfBoxes(boxes, slots, settings);
};

/** YOLOv7's `--end2end --max-wh`: `[boxes, 7]` of the image's place in the batch, corners, class and score. */
export const decodeListed: Decode = ([output], image, settings) => {
  const boxes: FinishedBox[] = [];
  for (let at = 0; at + 7 <= (output?.data.length ?? 0); at += 7) {
    const row = output?.data.subarray(at, at + 7) ?? [];
    if (row[0] !== image) continue;
    boxes.push({ corners: Array.from(row).slice(1), class: row[5] ?? 0, score: row[6] ?? 0 });
  }
  return rowsOfBoxes(boxes, Math.max(finishedRows, boxes.length), settings);
};

interface Parts {
  readonly boxes: DetectorOutput;
  readonly scores: DetectorOutput;
  readonly classes: DetectorOutput;
}

/** Four outputs with a count, by their names: with few slots their shapes may be alike. */
export function countedParts(
  outputs: readonly DetectorOutput[],
): (Parts & { readonly count: DetectorOutput }) | undefined {
  const count = outputs.find(({ name }) => /^num_?(dets|detections)$/i.test(name));
  const boxes = outputs.find(({ name }) => /boxes$/i.test(name));
  const scores = outputs.find(({ name }) => /scores$/i.test(name));
  const classes = outputs.find(({ name }) => /(classes|labels)$/i.test(name));
  if (count === undefined || boxes === undefined || scores === undefined || classes === undefined) return undefined;
  return { count, boxes, scores, classes };
}

/** Three outputs of finished queries, by their names. */
export function labelledParts(outputs: readonly DetectorOutput[]): Parts | undefined {
  const named = (name: string): DetectorOutput | undefined =>
    outputs.find((output) => output.name.toLowerCase() === name);
  const [boxes, scores, classes] = [named("boxes"), named("scores"), named("labels")];
  return boxes === undefined || scores === undefined || classes === undefined ? undefined : { boxes, scores, classes };
}

function boxesOf({ boxes, scores, classes }: Parts, image: number, slots: number): FinishedBox[] {
  return Array.from({ length: slots }, (_, slot) => {
    const at = image * slots + slot;
    const corners = boxes.data.subarray(at * 4, at * 4 + 4);
    return { corners, score: scores.data[at] ?? 0, class: classes.data[at] ?? 0 };
  });
}

/** @throws KDF_TEACHER_DECODER where a class has no name */
function rowsOfBoxes(
  boxes: readonly FinishedBox[],
  count: number,
  { classCount }: Pick<DecodeSettings, "classCount">,
): DetectionRows {
  const rows = emptyRows(count, classCount, false);
  rows.classes.fill(unsaid);
  for (const [row, { corners, score, class: id }] of boxes.entries()) {
    if (!(score > 0)) continue;
    if (!Number.isInteger(id) || id < 0 || id >= classCount) {
      throw new KdflowError("KDF_TEACHER_DECODER", `the detector finds class ${id}, and ${classCount} have names`, {
        hint: "`classes` names all that it knows, from class 0 on, one a line",
      });
    }
    for (let side = 0; side < 4; side++) rows.corners[row * 4 + side] = corners[side] ?? 0;
    rows.classes[row * classCount + id] = logitOf(score);
  }
  bestClassAsObjectness(rows);
  return rows;
}

function unlike(outputs: readonly DetectorOutput[], wanted: string): KdflowError {
  const shapes = outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
  return new KdflowError("KDF_TEACHER_DECODER", `${wanted} are not to be told by name: ${shapes}`);
}
