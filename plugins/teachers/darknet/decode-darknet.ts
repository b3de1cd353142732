import { KdflowError } from "../../../core/index.ts";
import type { DetectorOutput } from "../../tasks/detection/decoders/decoder.ts";
import {
  type DetectionRows,
  emptyRows,
  logitOf,
  setCentred,
  sigmoid,
} from "../../tasks/detection/decoders/detection-rows.ts";
import type { DarknetHead, DarknetModel } from "./darknet-model.ts";

/**
 * Rows of one image from a darknet detector's heads. With cell (i, j) of a head of w × h cells, and anchor a:
 * x = (σ(tx) · scale − (scale − 1) / 2 + i) · width / w and side = e^tw · a. Under new coordinates the values are
 * probabilities already, and side = (2 · tw)² · a. Rows are head by head, anchor by anchor, then row by row.
 *
 * @see Redmon and Farhadi 2018, "YOLOv3", arXiv 1804.02767; Bochkovskiy et al. 2020, "YOLOv4", arXiv 2004.10934
 */
export function decodeDarknet(
  { heads, width, height }: Pick<DarknetModel, "heads" | "width" | "height">,
  outputs: readonly DetectorOutput[],
  image: number,
): DetectionRows {
  const count = heads.reduce((sum, head) => sum + head.anchors.length * head.height * head.width, 0);
  const rows = emptyRows(count, heads[0]?.classCount ?? 0, true);
  let first = 0;
  for (const head of heads) {
    const output = outputs.find(({ name }) => name === head.output);
    if (output === undefined) throw new KdflowError("KDF_INTERNAL", `the head ${head.output} gave no output`);
    decodeHead(head, output.data, image, { x: width / head.width, y: height / head.height }, rows, first);
    first += head.anchors.length * head.height * head.width;
  }
  return rows;
}

function decodeHead(
  { anchors, classCount, height, width, scaleXy, newCoordinates }: DarknetHead,
  data: Float32Array,
  image: number,
  stride: { readonly x: number; readonly y: number },
  rows: DetectionRows,
  first: number,
): void {
  const cells = height * width;
  const offset = (scaleXy - 1) / 2;
  let row = first;
  anchors.forEach(([anchorWidth, anchorHeight], anchor) => {
    const start = (image * anchors.length + anchor) * (5 + classCount) * cells;
    for (let cell = 0; cell < cells; cell++, row++) {
      const value = (channel: number): number => data[start + channel * cells + cell] as number;
      const prob = (channel: number): number => (newCoordinates ? value(channel) : sigmoid(value(channel)));
      const logit = (channel: number): number => (newCoordinates ? logitOf(value(channel)) : value(channel));
      const side = (channel: number): number => (newCoordinates ? (2 * value(channel)) ** 2 : Math.exp(value(channel)));
      const x = (prob(0) * scaleXy - offset + (cell % width)) * stride.x;
      const y = (prob(1) * scaleXy - offset + Math.floor(cell / width)) * stride.y;
      setCentred(rows, row, x, y, side(2) * anchorWidth, side(3) * anchorHeight);
      rows.objectness[row] = logit(4);
      for (let id = 0; id < classCount; id++) rows.classes[row * classCount + id] = logit(5 + id);
    }
  });
}
