import type { Decode, DetectorOutput } from "./decoder.ts";
import { bestClassAsObjectness, type DetectionRows, emptyRows, logitOf, setCentred } from "./detection-rows.ts";

/** Strides of the levels, finest first. */
export const strides: readonly number[] = [8, 16, 32];

/**
 * YOLOv5, and YOLOv7 exported with its grid: `[batch, rows, 5 + classes]` of centre and sides in pixels, objectness and
 * class probabilities.
 */
export const decodeGrid: Decode = (outputs, image, { classCount }) => {
  const { values, count, width } = only(outputs, image);
  const rows = emptyRows(count, classCount, true);
  for (let row = 0; row < count; row++) {
    const at = row * width;
    setCentred(rows, row, values[at] ?? 0, values[at + 1] ?? 0, values[at + 2] ?? 0, values[at + 3] ?? 0);
    setProbs(rows, row, values, at);
  }
  return rows;
};

/** YOLOv6: the same with a column of ones for the objectness that it does not have. */
export const decodeYolov6: Decode = (outputs, image, settings) => {
  const rows = { ...decodeGrid(outputs, image, settings), hasObjectness: false };
  bestClassAsObjectness(rows);
  return rows;
};

/**
 * YOLOX as it is exported by default: `[batch, cells, 5 + classes]`, cells row by row and level by level, of which
 * x = (tx + column) · stride and width = e^tw · stride; objectness and classes are probabilities.
 *
 * @see Ge et al. 2021, "YOLOX", arXiv 2107.08430
 */
export const decodeYolox: Decode = (outputs, image, { width: inputWidth, height: inputHeight, classCount }) => {
  const { values, count, width } = only(outputs, image);
  const rows = emptyRows(count, classCount, true);
  let row = 0;
  for (const stride of strides) {
    for (let y = 0; y < inputHeight / stride; y++) {
      for (let x = 0; x < inputWidth / stride && row < count; x++, row++) {
        const at = row * width;
        const centreX = ((values[at] ?? 0) + x) * stride;
        const centreY = ((values[at + 1] ?? 0) + y) * stride;
        const boxWidth = Math.exp(values[at + 2] ?? 0) * stride;
        const boxHeight = Math.exp(values[at + 3] ?? 0) * stride;
        setCentred(rows, row, centreX, centreY, boxWidth, boxHeight);
        setProbs(rows, row, values, at);
      }
    }
  }
  return rows;
};

/** YOLOv8 and its kin: `[batch, 4 + classes, rows]` of centre and sides in pixels and class probabilities. */
export const decodeYolov8: Decode = (outputs, image, { classCount }) => {
  const { values, count: channels, width: count } = only(outputs, image);
  const rows = emptyRows(count, classCount, false);
  for (let row = 0; row < count; row++) {
    const [x, y, width, height] = [0, 1, 2, 3].map((channel) => values[channel * count + row] ?? 0);
    setCentred(rows, row, x ?? 0, y ?? 0, width ?? 0, height ?? 0);
  }
  for (let id = 0; id < Math.min(classCount, channels - 4); id++) {
    for (let row = 0; row < count; row++) {
      rows.classes[row * classCount + id] = logitOf(values[(4 + id) * count + row] ?? 0);
    }
  }
  bestClassAsObjectness(rows);
  return rows;
};

function setProbs(
  { objectness, classes, classCount }: DetectionRows,
  row: number,
  values: Float32Array,
  at: number,
): void {
  objectness[row] = logitOf(values[at + 4] ?? 0);
  for (let id = 0; id < classCount; id++) classes[row * classCount + id] = logitOf(values[at + 5 + id] ?? 0);
}

/** One image of a single output `[batch, count, width]`. */
function only(
  outputs: readonly DetectorOutput[],
  image: number,
): { values: Float32Array; count: number; width: number } {
  const [output] = outputs;
  const [, count = 0, width = 0] = output?.shape ?? [];
  const values = output?.data.subarray(image * count * width, (image + 1) * count * width) ?? new Float32Array();
  return { values, count, width };
}
