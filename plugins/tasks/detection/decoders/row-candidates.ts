import type { Candidates } from "../nms.ts";
import { type DetectionRows, sigmoid } from "./detection-rows.ts";

export interface RowScoring {
  /** Rows and classes count above this score. */
  readonly scoreThreshold: number;
  /** Whether a row may stand for several classes, as YOLO detectors are scored, or for its best alone. */
  readonly multiLabel: boolean;
}

/**
 * Boxes, classes, scores and row numbers of rows, in the order of rows and within a row of classes. With objectness a score is
 * σ(objectness) · σ(class). A detector of one class is scored by its objectness alone: its class is never trained.
 */
export function rowCandidates(
  rows: DetectionRows,
  { scoreThreshold, multiLabel }: RowScoring,
): Candidates & { readonly rows: Uint32Array } {
  const { corners, objectness, classes, classCount, hasObjectness } = rows;
  const found = { corners: [] as number[], classes: [] as number[], scores: [] as number[], rows: [] as number[] };
  const push = (row: number, id: number, score: number): void => {
    for (let side = 0; side < 4; side++) found.corners.push(corners[row * 4 + side] as number);
    found.classes.push(id);
    found.scores.push(score);
    found.rows.push(row);
  };
  for (let row = 0; row < objectness.length; row++) {
    const objectProb = sigmoid(objectness[row] as number);
    // neither a class's score nor the best class's exceeds it
    if (!(objectProb > scoreThreshold)) continue;
    const weight = hasObjectness ? objectProb : 1;
    let best = 0;
    for (let id = 0; id < classCount; id++) {
      const logit = classes[row * classCount + id] as number;
      if (logit > (classes[row * classCount + best] as number)) best = id;
      if (!multiLabel || classCount === 1) continue;
      const score = weight * sigmoid(logit);
      if (score > scoreThreshold) push(row, id, score);
    }
    if (multiLabel && classCount > 1) continue;
    const onlyObjectness = hasObjectness && classCount === 1;
    const score = onlyObjectness ? weight : weight * sigmoid(classes[row * classCount + best] as number);
    if (score > scoreThreshold) push(row, best, score);
  }
  return {
    corners: Float64Array.from(found.corners),
    classes: Int32Array.from(found.classes),
    scores: Float64Array.from(found.scores),
    rows: Uint32Array.from(found.rows),
  };
}
