import { type HostBatch, KdflowError, type LossOutputs, type TensorSpec } from "../../../core/index.ts";
import { boxNumbers } from "../../tasks/detection/names.ts";
import { bestOf, rowsOfBatch } from "../teacher-boxes/rows-of-batch.ts";
import { boxRow, isTarget } from "../yolov7/candidates.ts";
import { cellInputs, levelsOf } from "../yolov7/levels-of-outputs.ts";

export type MaskKind = "boxes" | "fine-grained" | "teacher-score" | "all";
type Masks = "foreground" | "background";

/** What each kind is made of, beside the features. */
export const maskInputs: Readonly<Record<MaskKind, readonly string[]>> = {
  boxes: ["boxes"],
  "fine-grained": ["boxes", ...cellInputs],
  "teacher-score": ["teacherRows"],
  all: [],
};

/** Weights of places, `[height, width, 1]` each. */
export function maskSpecs([height = 1, width = 1]: readonly number[]): Record<Masks, TensorSpec> {
  const spec: TensorSpec = { shape: [height, width, 1], dtype: "float32" };
  return { foreground: spec, background: spec };
}

/** A box in pixels of the input, and what it counts. */
interface Weighted {
  readonly corners: readonly number[];
  readonly weight: number;
}

/** A map of features over the student's input. */
interface Map {
  readonly height: number;
  readonly width: number;
  /** Pixels of the input for each cell, down and across. */
  readonly strides: readonly [down: number, across: number];
}

/**
 * Which places of a map of features show things, image by image.
 *
 * @throws KDF_TRAIN_INPUT for `fine-grained` where the map has the size of none of the student's levels
 */
export function boxMasks(
  batch: HostBatch,
  [height = 1, width = 1]: readonly number[],
  outputs: LossOutputs,
  kind: MaskKind,
): Record<Masks, Float32Array> {
  const cells = height * width;
  const foreground = new Float32Array(batch.size * cells);
  const background = new Float32Array(batch.size * cells);
  const map = mapOf("fgd", [height, width], outputs);
  for (let image = 0; image < batch.size; image++) {
    const own = foreground.subarray(image * cells, (image + 1) * cells);
    if (kind === "all") own.fill(1 / cells);
    for (const box of boxesOf(batch, image, outputs, kind)) {
      const covered = kind === "fine-grained" ? nearCells(box, map, outputs) : coveredCells(box, map);
      for (const cell of covered) own[cell] = Math.max(own[cell] ?? 0, box.weight / covered.length);
    }
    const empty = own.filter((weight) => weight === 0).length;
    own.forEach((weight, cell) => {
      if (weight === 0) background[image * cells + cell] = 1 / empty;
    });
  }
  return { foreground, background };
}

/**
 * A teacher's score of the surest stored box that covers each place of a map of features, 0 where none does,
 * `[batch, height, width, 1]`.
 *
 * @throws KDF_TRAIN_INPUT for features without places
 */
export function scoreMap(
  batch: HostBatch,
  [height = 1, width = 1]: readonly number[],
  outputs: LossOutputs,
): Float32Array {
  const cells = height * width;
  const scores = new Float32Array(batch.size * cells);
  const map = mapOf("score-l2", [height, width], outputs);
  for (let image = 0; image < batch.size; image++) {
    const own = scores.subarray(image * cells, (image + 1) * cells);
    for (const box of boxesOf(batch, image, outputs, "teacher-score")) {
      for (const cell of coveredCells(box, map)) own[cell] = Math.max(own[cell] ?? 0, box.weight);
    }
  }
  return scores;
}

function mapOf(loss: string, [height = 1, width = 1]: readonly number[], outputs: LossOutputs): Map {
  const { shape: [rows = 1, columns = 1] = [], stride = 0 } = outputs["studentFeatures"] ?? {};
  if (stride === 0) {
    throw new KdflowError("KDF_TRAIN_INPUT", `${loss} takes features with places, and the student's tap has none`, {
      hint: "name a tap with a stride; `kdflow taps` lists them",
    });
  }
  // an adapter may have resized them
  return { height, width, strides: [(rows * stride) / height, (columns * stride) / width] };
}

function boxesOf(batch: HostBatch, image: number, outputs: LossOutputs, kind: MaskKind): Weighted[] {
  if (kind === "all") return [];
  if (kind === "teacher-score") {
    const rows = rowsOfBatch(batch, image, (outputs["teacherRows"]?.shape[1] ?? boxNumbers) - boxNumbers);
    return Array.from({ length: rows.count }, (_, row) => row)
      .filter((row) => rows.isThere(row))
      .map((row) => ({ corners: rows.corners(row), weight: bestOf(rows, row).score }));
  }
  const { boxes } = batch.inputs;
  if (!(boxes instanceof Float32Array)) throw new KdflowError("KDF_INTERNAL", "a batch of a detector has no boxes");
  const own = boxes.subarray((image * boxes.length) / batch.size, ((image + 1) * boxes.length) / batch.size);
  return Array.from({ length: own.length / boxRow }, (_, at) => at)
    .filter((at) => isTarget(own, at * boxRow))
    .map((at) => ({ corners: Array.from(own.subarray(at * boxRow + 1, at * boxRow + 5)), weight: 1 }));
}

/** Cells that a box reaches, those of its borders included. */
function coveredCells({ corners }: Weighted, { height, width, strides: [down, across] }: Map): number[] {
  const [left = 0, top = 0, right = 0, bottom = 0] = corners;
  const first = { column: Math.max(0, Math.floor(left / across)), row: Math.max(0, Math.floor(top / down)) };
  const last = {
    column: Math.min(width - 1, Math.ceil(right / across)),
    row: Math.min(height - 1, Math.ceil(bottom / down)),
  };
  const cells: number[] = [];
  for (let row = first.row; row <= last.row; row++) {
    for (let column = first.column; column <= last.column; column++) cells.push(row * width + column);
  }
  return cells;
}

/** Cells at which an anchor overlaps a box by more than half of the best overlap of any. */
function nearCells({ corners }: Weighted, map: Map, outputs: LossOutputs): number[] {
  const {
    height,
    width,
    strides: [down, across],
  } = map;
  const { levels } = levelsOf(outputs);
  const level = levels.find(({ rows, columns }) => rows === height && columns === width);
  if (level === undefined) {
    const sizes = levels.map(({ rows, columns }) => `${rows}×${columns}`).join(", ");
    throw new KdflowError(
      "KDF_TRAIN_INPUT",
      `\`regions: fine-grained\` takes features where the student has anchors, and ${height}×${width} is none of its levels: ${sizes}`,
      {
        hint: "features are compared at the teacher's size: take a teacher that sees images of the student's size and taps of the same strides, or `regions: boxes`",
      },
    );
  }
  const overlaps = Array.from({ length: height * width }, (_, cell) => {
    const [x, y] = [((cell % width) + 0.5) * across, (Math.floor(cell / width) + 0.5) * down];
    return Math.max(...level.anchors.map(([w, h]) => overlap(corners, [x - w / 2, y - h / 2, x + w / 2, y + h / 2])));
  });
  const best = Math.max(...overlaps);
  return overlaps.flatMap((own, cell) => (own > best / 2 ? [cell] : []));
}

/** Intersection over union. */
function overlap(one: readonly number[], other: readonly number[]): number {
  const side = (axis: 0 | 1): number =>
    Math.max(0, Math.min(one[axis + 2] ?? 0, other[axis + 2] ?? 0) - Math.max(one[axis] ?? 0, other[axis] ?? 0));
  const area = (box: readonly number[]): number => ((box[2] ?? 0) - (box[0] ?? 0)) * ((box[3] ?? 0) - (box[1] ?? 0));
  const shared = side(0) * side(1);
  return shared / Math.max(1e-9, area(one) + area(other) - shared);
}
