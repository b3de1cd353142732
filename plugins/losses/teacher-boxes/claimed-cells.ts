import type { HostBatch, LossOutputs, LossShapes, TensorSpec } from "../../../core/index.ts";
import { mostRatio, placeRow } from "../yolov7/candidates.ts";
import { type CellLevel, levelsOf } from "../yolov7/levels-of-outputs.ts";
import { bestOf, rowNumbers, rowsOfBatch, type TeacherRows } from "./rows-of-batch.ts";
import { classesOf, classesOfCells } from "./soft-boxes.ts";

/** What is worked out on the host: which cell each row of the teacher claims. */
export type Claims = "cells" | "places" | "claims" | "classes" | "open";

/**
 * - `cells` `[top]` int32: places among the cells of the whole batch; 0 for rows that claim none
 * - `places` `[top, 6]`: column, row, stride, width and height of the anchor, level
 * - `claims` `[top, 6]`: 1 or 0 for a row that claims none, left, top, right, bottom, objectness
 * - `classes` `[top, classes]`
 * - `open` `[cells]` uint8: 1 for cells that no row claims
 */
export function claimSpecs(shapes: LossShapes, outputs: LossOutputs): Record<Claims, TensorSpec> {
  const { cells } = levelsOf(outputs);
  const [top = 0] = shapes["teacherRows"] ?? [];
  return {
    cells: { shape: [top], dtype: "int32" },
    places: { shape: [top, placeRow], dtype: "float32" },
    claims: { shape: [top, rowNumbers], dtype: "float32" },
    classes: { shape: [top, classesOf(shapes["teacherRows"])], dtype: "float32" },
    open: { shape: [cells], dtype: "uint8" },
  };
}

/**
 * Each row claims the cell of its middle, at the level and anchor whose shape is nearest to its own; of several that
 * want one cell the surest has it. Rows that are no anchor's like claim none.
 */
export function claimCells(
  batch: HostBatch,
  outputs: LossOutputs,
): Record<Claims, Float32Array | Int32Array | Uint8Array> {
  const { size } = batch;
  const { levels, cells: cellCount } = levelsOf(outputs);
  const classCount = classesOfCells(outputs);
  const { count: top } = rowsOfBatch(batch, 0, classCount);
  const cells = new Int32Array(size * top);
  const places = new Float32Array(size * top * placeRow).fill(1);
  const claims = new Float32Array(size * top * rowNumbers);
  const classes = new Float32Array(size * top * classCount);
  const open = new Uint8Array(size * cellCount).fill(1);
  for (let image = 0; image < size; image++) {
    const rows = rowsOfBatch(batch, image, classCount);
    for (const row of bySureness(rows)) {
      const place = placeOf(rows, row, levels);
      const at = image * top + row;
      if (place === undefined || open[image * cellCount + place.cell] === 0) continue;
      open[image * cellCount + place.cell] = 0;
      cells[at] = image * cellCount + place.cell;
      places.set(place.numbers, at * placeRow);
      claims.set([1, ...rows.corners(row), rows.objectness(row)], at * rowNumbers);
      classes.set(rows.classes(row), at * classCount);
    }
  }
  return { cells, places, claims, classes, open };
}

/** Rows that are there, the surest first; of equal ones the first. */
function bySureness(rows: TeacherRows): number[] {
  const there = Array.from({ length: rows.count }, (_, row) => row).filter((row) => rows.isThere(row));
  const scores = new Map(there.map((row) => [row, bestOf(rows, row).score]));
  return there.sort((one, other) => (scores.get(other) ?? 0) - (scores.get(one) ?? 0) || one - other);
}

interface CellPlace {
  /** Among the cells of the image. */
  readonly cell: number;
  /** Column, row, stride, width and height of the anchor, level. */
  readonly numbers: readonly number[];
}

function placeOf(rows: TeacherRows, row: number, levels: readonly CellLevel[]): CellPlace | undefined {
  const [left, top, right, bottom] = rows.corners(row);
  let least = mostRatio;
  let found: CellPlace | undefined;
  for (const [level, { anchors, stride, columns, rows: rowCount, first }] of levels.entries()) {
    for (const [anchor, [width, height]] of anchors.entries()) {
      const [across, down] = [(right - left) / width, (bottom - top) / height];
      const ratio = Math.max(across, 1 / across, down, 1 / down);
      if (!(ratio < least)) continue;
      least = ratio;
      const column = within(Math.floor((left + right) / 2 / stride), columns);
      const line = within(Math.floor((top + bottom) / 2 / stride), rowCount);
      const cell = first + (line * columns + column) * anchors.length + anchor;
      found = { cell, numbers: [column, line, stride, width, height, level] };
    }
  }
  return found;
}

function within(place: number, count: number): number {
  return Math.min(count - 1, Math.max(0, place));
}
