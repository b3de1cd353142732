import {
  type HostBatch,
  KdflowError,
  type LossOutputs,
  type LossShapes,
  type TensorSpec,
} from "../../../core/index.ts";
import { boxRow, candidatesOf, mostCandidates, placeRow } from "./candidates.ts";
import { levelsOf } from "./levels-of-outputs.ts";

/** What is worked out on the host for each image, padded to the most candidates that it can have. */
export type Prepared = "cells" | "owners" | "ends" | "places" | "open" | "rows";

/**
 * - `cells` `[candidates]` int32: places among the cells of the whole batch; 0 where there is no candidate
 * - `owners` `[candidates]` int32: the candidate's box among those of its image, −1 where there is none
 * - `ends` `[candidates]` int32: the last candidate of the same cell, among those of the whole batch
 * - `places` `[candidates, 6]`: column, row, stride, width and height of the anchor, level
 * - `open` `[cells]` uint8: 0 for cells inside a crowd, which are no background
 * - `rows` `[]` int32: the image's place in the batch
 */
export function preparedSpecs(shapes: LossShapes, outputs: LossOutputs): Record<Prepared, TensorSpec> {
  const { levels, cells } = levelsOf(outputs);
  const candidates = mostCandidates(shapes["boxes"]?.[0] ?? 0, levels);
  const integers: TensorSpec = { shape: [candidates], dtype: "int32" };
  return {
    cells: integers,
    owners: integers,
    ends: integers,
    places: { shape: [candidates, placeRow], dtype: "float32" },
    open: { shape: [cells], dtype: "uint8" },
    rows: { shape: [], dtype: "int32" },
  };
}

export function prepareBatch(
  { inputs, size }: HostBatch,
  outputs: LossOutputs,
): { [Name in Prepared]: Float32Array | Int32Array | Uint8Array } {
  const { boxes } = inputs;
  if (!(boxes instanceof Float32Array)) throw new KdflowError("KDF_INTERNAL", "a batch of a detector has no boxes");
  const { levels, cells: cellCount } = levelsOf(outputs);
  const perImage = boxes.length / size;
  const capacity = mostCandidates(perImage / boxRow, levels);
  const cells = new Int32Array(size * capacity);
  const owners = new Int32Array(size * capacity).fill(-1);
  const ends = Int32Array.from({ length: size * capacity }, (_, place) => place);
  const places = new Float32Array(size * capacity * placeRow).fill(1);
  const open = new Uint8Array(size * cellCount).fill(1);
  for (let image = 0; image < size; image++) {
    const own = boxes.subarray(image * perImage, (image + 1) * perImage);
    const found = candidatesOf(own, levels);
    const from = image * capacity;
    let end = found.length - 1;
    for (let at = found.length - 1; at >= 0; at--) {
      const candidate = found[at];
      if (candidate === undefined) continue;
      if (found[end]?.cell !== candidate.cell) end = at;
      const { cell, box, column, row, level, anchor } = candidate;
      const { stride = 1, anchors = [] } = levels[level] ?? {};
      const [width, height] = anchors[anchor] ?? [1, 1];
      cells[from + at] = image * cellCount + cell;
      owners[from + at] = box;
      ends[from + at] = from + end;
      places.set([column, row, stride, width, height, level], (from + at) * placeRow);
    }
    closeCrowds(own, levels, open.subarray(image * cellCount, (image + 1) * cellCount));
  }
  return { cells, owners, ends, places, open, rows: Int32Array.from({ length: size }, (_, image) => image) };
}

/** Marks the cells whose middles lie in a crowd. */
function closeCrowds(boxes: ArrayLike<number>, levels: ReturnType<typeof levelsOf>["levels"], open: Uint8Array): void {
  for (let at = 0; at < boxes.length; at += boxRow) {
    const [id = -1, left = 0, top = 0, right = 0, bottom = 0, weight = 0] = Array.from({ length: boxRow }, (_, i) => {
      return boxes[at + i] ?? 0;
    });
    if (id < 0 || weight > 0) continue;
    for (const { rows, columns, stride, anchors, first } of levels) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const [x, y] = [(column + 0.5) * stride, (row + 0.5) * stride];
          if (x < left || x > right || y < top || y > bottom) continue;
          const cell = first + (row * columns + column) * anchors.length;
          open.fill(0, cell, cell + anchors.length);
        }
      }
    }
  }
}
