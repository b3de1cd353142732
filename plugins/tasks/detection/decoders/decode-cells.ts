import { KdflowError } from "../../../../core/index.ts";
import type { Decode } from "./decoder.ts";
import { emptyRows, setCentred, sigmoid } from "./detection-rows.ts";

/**
 * YOLOv7 without its grid: for each level `[batch, anchors, height, width, 5 + classes]` of logits. With cell (i, j),
 * stride s and anchor a: x = (2σ(tx) − 0.5 + i) · s, width = (2σ(tw))² · a. Levels are put in order by their size, and
 * rows are anchor by anchor, then row by row.
 *
 * @throws KDF_TEACHER_DECODER where `anchors` do not fit the levels
 * @see Wang et al. 2022, "YOLOv7", arXiv 2207.02696
 */
export const decodeYolov7Raw: Decode = (outputs, image, { width: inputWidth, classCount, anchors = [] }) => {
  const levels = [...outputs].sort((one, other) => (other.shape[3] ?? 0) - (one.shape[3] ?? 0));
  const count = levels.reduce(
    (sum, { shape: [, boxes = 0, height = 0, width = 0] }) => sum + boxes * height * width,
    0,
  );
  const rows = emptyRows(count, classCount, true);
  let row = 0;
  levels.forEach(({ shape, data }, level) => {
    const [, boxes = 0, height = 0, width = 0, values = 0] = shape;
    const own = anchors[level] ?? [];
    if (own.length !== boxes) {
      throw new KdflowError(
        "KDF_TEACHER_DECODER",
        `level ${level} has ${boxes} anchors, \`anchors\` gives ${own.length}`,
        {
          hint: "give `anchors` for each level, finest first, as the model's own configuration lists them",
        },
      );
    }
    const stride = inputWidth / width;
    let at = image * boxes * height * width * values;
    for (const [anchorWidth, anchorHeight] of own) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++, row++, at += values) {
          const of = (place: number): number => sigmoid(data[at + place] ?? 0);
          const [centreX, centreY] = [(2 * of(0) - 0.5 + x) * stride, (2 * of(1) - 0.5 + y) * stride];
          setCentred(rows, row, centreX, centreY, (2 * of(2)) ** 2 * anchorWidth, (2 * of(3)) ** 2 * anchorHeight);
          rows.objectness[row] = data[at + 4] ?? 0;
          rows.classes.set(data.subarray(at + 5, at + 5 + classCount), row * classCount);
        }
      }
    }
  });
  return rows;
};
