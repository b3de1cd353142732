import { type DetectionRows, sigmoid } from "../../tasks/detection/decoders/detection-rows.ts";
import { boxNumbers } from "../../tasks/detection/names.ts";

/** Logit of rows that are none: its sigmoid is below every threshold, and it is finite. */
export const noRow = -100;

/**
 * The surest rows of one image, by falling score, each left, top, right, bottom, objectness and classes; rows that are
 * missing have {@link noRow} throughout. Of equal scores the earlier row comes first.
 *
 * @param top rows to write
 * @param out `[top, 5 + classes]`
 */
export function writeTopRows(rows: DetectionRows, top: number, out: Float32Array): void {
  const { corners, objectness, classes, classCount, hasObjectness } = rows;
  const width = boxNumbers + classCount;
  const scores = Float64Array.from(objectness, (logit, row) => {
    if (!hasObjectness) return logit;
    let best = Number.NEGATIVE_INFINITY;
    for (let id = 0; id < classCount; id++) best = Math.max(best, classes[row * classCount + id] ?? best);
    return sigmoid(logit) * (classCount === 1 ? 1 : sigmoid(best));
  });
  const order = Uint32Array.from(scores, (_, row) => row).sort(
    (one, other) => (scores[other] ?? 0) - (scores[one] ?? 0) || one - other,
  );
  for (let place = 0; place < top; place++) {
    const at = place * width;
    const row = order[place];
    if (row === undefined) {
      out.fill(0, at, at + 4).fill(noRow, at + 4, at + width);
      continue;
    }
    out.set(corners.subarray(row * 4, row * 4 + 4), at);
    out[at + 4] = objectness[row] ?? noRow;
    out.set(classes.subarray(row * classCount, (row + 1) * classCount), at + boxNumbers);
  }
}
