import type { Tensor } from "@tensorflow/tfjs";
import type { Answers, OutputSpec, Outputs, Tf } from "../../../core/index.ts";
import { classesOf, rowsOf } from "../../tasks/detection/answer-rows.ts";
import { logitOf, sigmoid } from "../../tasks/detection/decoders/detection-rows.ts";
import { boxNumbers, cellsKind, rowsKind } from "../../tasks/detection/names.ts";

/** Outputs of a detector that decodes itself. */
export const boxesName = "boxes";
export const scoresName = "scores";

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Decodes a detection head's cells as operations of the graph, as kdflow's own reading of them does: row by row of a
 * level, then cell by cell, then anchor by anchor.
 *
 * @param cells `[batch, height, width, anchors · (5 + classes)]` of each level
 * @returns `boxes` `[batch, rows, 4]`, left, top, right, bottom in pixels of the input, and `scores`
 *   `[batch, rows, classes]`, σ(objectness) · σ(class), of one class σ(objectness) alone
 * @see Wang et al. 2022, "YOLOv7", arXiv 2207.02696
 */
export function decodeCells(tf: Tf, cells: Tensors, outputs: Outputs): Tensors {
  const classCount = classesOf(outputs);
  const levels = Object.entries(outputs).filter(([, { kind }]) => kind === cellsKind);
  const decoded = levels.map(([name, spec]) => decodeLevel(tf, cells[name] as Tensor, spec, classCount));
  const joined = (part: "boxes" | "scores"): Tensor =>
    tf.concat(
      decoded.map((level) => level[part]),
      1,
    );
  return { [boxesName]: joined("boxes"), [scoresName]: joined("scores") };
}

function decodeLevel(tf: Tf, cells: Tensor, { stride = 1, anchors = [] }: OutputSpec, classCount: number) {
  const [batch = 1, height = 1, width = 1] = cells.shape;
  const grid = [batch, height, width, anchors.length];
  const numbers = boxNumbers + classCount;
  const shares = tf.sigmoid(tf.reshape(cells, [...grid, numbers])); // [batch, height, width, anchors, 5 + classes]
  const part = (from: number, size: number): Tensor => tf.slice(shares, [0, 0, 0, 0, from], [...grid, size]);
  const corner = Float32Array.from(
    { length: height * width * 2 },
    (_, place) => (place % 2 === 0 ? (place >> 1) % width : Math.floor((place >> 1) / width)) - 0.5,
  );
  const cell = tf.tensor(corner, [1, height, width, 1, 2]);
  const centre = tf.mul(tf.add(tf.mul(part(0, 2), 2), cell), stride);
  const half = tf.mul(
    tf.square(part(2, 2)),
    tf.tensor(
      anchors.flat().map((side) => 2 * side),
      [1, 1, 1, anchors.length, 2],
    ),
  );
  const objectness = part(4, 1);
  const scores = classCount === 1 ? objectness : tf.mul(objectness, part(boxNumbers, classCount));
  const rows = [batch, height * width * anchors.length];
  return {
    boxes: tf.reshape(tf.concat([tf.sub(centre, half), tf.add(centre, half)], 4), [...rows, 4]),
    scores: tf.reshape(scores, [...rows, classCount]),
  };
}

/** What {@link decodeCells} gives for answers on the host, computed by the reading that scores use. */
export function decodedAnswers(answers: Answers, outputs: Outputs, count: number): Answers {
  const images = Array.from({ length: count }, (_, image) => rowsOf(answers, outputs, image));
  const boxes = images.map(({ corners }) => Float32Array.from(corners));
  const scores = images.map(({ objectness, classes, classCount }) =>
    Float32Array.from(classes, (logit, place) => {
      const object = sigmoid(objectness[Math.floor(place / classCount)] ?? 0);
      return classCount === 1 ? object : object * sigmoid(logit);
    }),
  );
  return { [boxesName]: joinedRows(boxes), [scoresName]: joinedRows(scores) };
}

/** Decoded answers as the rows that detectors are scored by. */
export function rowAnswers(answers: Answers, rows: number, classCount: number): { answers: Answers; outputs: Outputs } {
  const boxes = answers[boxesName] ?? new Float32Array();
  const scores = answers[scoresName] ?? new Float32Array();
  const numbers = boxNumbers + classCount;
  const values = new Float32Array((boxes.length / 4) * numbers);
  for (let row = 0; row < boxes.length / 4; row++) {
    const own = scores.subarray(row * classCount, (row + 1) * classCount);
    const at = row * numbers;
    values.set(boxes.subarray(row * 4, row * 4 + 4), at);
    values[at + 4] = logitOf(own.reduce((one, other) => Math.max(one, other), 0));
    for (const [id, score] of own.entries()) values[at + boxNumbers + id] = logitOf(score);
  }
  const spec = { kind: rowsKind, shape: [rows, numbers], objectness: false };
  return { answers: { rows: values }, outputs: { rows: spec } };
}

function joinedRows(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
