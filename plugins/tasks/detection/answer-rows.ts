import { type Answers, KdflowError, type Outputs } from "../../../core/index.ts";
import { type DetectionRows, emptyRows, setCentred, sigmoid } from "./decoders/detection-rows.ts";
import { boxNumbers, cellsKind, rowsKind } from "./names.ts";

/**
 * What a detector says of one image of a batch, as rows: those that were decoded where it runs, or those of its cells.
 *
 * Cells are `[height, width, anchors · (5 + classes)]`, anchor by anchor: with cell (i, j), stride s and anchor a,
 * x = (2σ(tx) − 0.5 + i) · s, width = (2σ(tw))² · a.
 *
 * @see Wang et al. 2022, "YOLOv7", arXiv 2207.02696
 */
export function rowsOf(answers: Answers, outputs: Outputs, image: number): DetectionRows {
  const entries = Object.entries(outputs);
  const decoded = entries.find(([, { kind }]) => kind === rowsKind);
  if (decoded !== undefined) {
    const [name, { shape, objectness }] = decoded;
    return givenRows(answers[name] ?? new Float32Array(), shape, image, objectness !== false);
  }
  const cells = entries.filter(([, { kind }]) => kind === cellsKind);
  const classCount = classesOf(outputs);
  const count = cells.reduce(
    (sum, [, { shape, anchors = [] }]) => sum + anchors.length * (shape[0] ?? 0) * (shape[1] ?? 0),
    0,
  );
  const rows = emptyRows(count, classCount, true);
  let row = 0;
  for (const [name, { shape, stride = 0, anchors = [] }] of cells) {
    const [height = 0, width = 0, numbers = 0] = shape;
    const values = answers[name] ?? new Float32Array();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (const [anchor, [anchorWidth, anchorHeight]] of anchors.entries()) {
          const at = ((image * height + y) * width + x) * numbers + anchor * (boxNumbers + classCount);
          const of = (place: number): number => sigmoid(values[at + place] ?? 0);
          const [centreX, centreY] = [(2 * of(0) - 0.5 + x) * stride, (2 * of(1) - 0.5 + y) * stride];
          setCentred(rows, row, centreX, centreY, (2 * of(2)) ** 2 * anchorWidth, (2 * of(3)) ** 2 * anchorHeight);
          rows.objectness[row] = values[at + 4] ?? 0;
          rows.classes.set(values.subarray(at + boxNumbers, at + boxNumbers + classCount), row * classCount);
          row += 1;
        }
      }
    }
  }
  return rows;
}

/** Classes that a detector tells apart. */
export function classesOf(outputs: Outputs): number {
  for (const { kind, shape, anchors = [] } of Object.values(outputs)) {
    if (kind === rowsKind) return (shape[1] ?? 0) - boxNumbers;
    if (kind === cellsKind) return (shape[2] ?? 0) / anchors.length - boxNumbers;
  }
  throw new KdflowError("KDF_INTERNAL", `a detector has no cells and no rows, but ${Object.keys(outputs).join(", ")}`);
}

function givenRows(
  values: Float32Array,
  shape: readonly number[],
  image: number,
  hasObjectness: boolean,
): DetectionRows {
  const [count = 0, numbers = 0] = shape;
  const classCount = numbers - boxNumbers;
  const rows = emptyRows(count, classCount, hasObjectness);
  for (let row = 0; row < count; row++) {
    const at = (image * count + row) * numbers;
    rows.corners.set(values.subarray(at, at + 4), row * 4);
    rows.objectness[row] = values[at + 4] ?? Number.NEGATIVE_INFINITY;
    rows.classes.set(values.subarray(at + boxNumbers, at + numbers), row * classCount);
  }
  return rows;
}
