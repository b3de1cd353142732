/** What a detector says of one image, before suppression: many rows, most of them of nothing. */
export interface DetectionRows {
  /** `[rows, 4]`: left, top, right, bottom in pixels of the detector's input. */
  readonly corners: Float64Array;
  /** `[rows]`, logits. Of a detector without objectness its best class's logit. */
  readonly objectness: Float32Array;
  /** `[rows, classes]`, logits: the sigmoid of each is that class's probability. */
  readonly classes: Float32Array;
  readonly classCount: number;
  /** Whether a score is σ(objectness) · σ(class), or σ(class) alone. */
  readonly hasObjectness: boolean;
}

/** Probabilities nearer to 0 or 1 have no logit in float32 that could be told from infinity. */
const smallest = 1e-7;

/** The logit of a probability; those that were rounded to 0 or 1 become ∓16. */
export function logitOf(prob: number): number {
  const inside = Math.min(Math.max(prob, smallest), 1 - smallest);
  return Math.log(inside / (1 - inside));
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Rows to be filled in, with all logits 0. */
export function emptyRows(count: number, classCount: number, hasObjectness: boolean): DetectionRows {
  return {
    corners: new Float64Array(count * 4),
    objectness: new Float32Array(count),
    classes: new Float32Array(count * classCount),
    classCount,
    hasObjectness,
  };
}

/** Sets a row's box from its centre and sides. */
export function setCentred(
  rows: DetectionRows,
  row: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  rows.corners[row * 4] = x - width / 2;
  rows.corners[row * 4 + 1] = y - height / 2;
  rows.corners[row * 4 + 2] = x + width / 2;
  rows.corners[row * 4 + 3] = y + height / 2;
}

/** Gives each row its best class's logit as objectness. */
export function bestClassAsObjectness({ objectness, classes, classCount }: DetectionRows): void {
  for (let row = 0; row < objectness.length; row++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let id = 0; id < classCount; id++) best = Math.max(best, classes[row * classCount + id] as number);
    objectness[row] = best;
  }
}
