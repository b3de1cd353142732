import type { CellLevel } from "./levels-of-outputs.ts";

/** Numbers of a box in the truth's input: class, left, top, right, bottom, weight. */
export const boxRow = 6;

/** Numbers of a candidate's place: column, row, stride, width and height of the anchor in pixels, level. */
export const placeRow = 6;

/** A box and an anchor are of like size where neither side of the one is this many times that of the other. */
export const mostRatio = 4;

/** The cells that a box may claim at a level and an anchor: its own and its neighbours, all four where it lies between. */
const cellsPerAnchor = 5;

/** Middles are told to this part of a cell: corners are float32, and a middle on a border has to stay there. */
const partsOfCell = 4096;

/** A cell that a box may claim. */
export interface Candidate {
  /** Place among all cells of the image. */
  readonly cell: number;
  /** Row of the box. */
  readonly box: number;
  readonly column: number;
  readonly row: number;
  readonly level: number;
  readonly anchor: number;
  /** 0 for the box's own cell, 1 … 4 for the neighbours left, above, right and below. */
  readonly offset: number;
}

/** Most candidates that an image can have. */
export function mostCandidates(boxes: number, levels: readonly CellLevel[]): number {
  return boxes * levels.reduce((sum, { anchors }) => sum + cellsPerAnchor * anchors.length, 0);
}

/** A row that holds a box to be found: of a class, no crowd, with an area. */
export function isTarget(boxes: ArrayLike<number>, at: number): boolean {
  const [id = -1, left = 0, top = 0, right = 0, bottom = 0, weight = 0] = Array.from(
    { length: boxRow },
    (_, i) => boxes[at + i] ?? 0,
  );
  return id >= 0 && weight > 0 && right > left && bottom > top;
}

/**
 * The candidates of one image, sorted by cell. Those of one cell come by the weights of their boxes, the highest last;
 * of equal ones, as all of the truth's are, in the order in which the published loss writes them: own cells before
 * neighbours, then by box. Where several claim a cell, the last one has it.
 *
 * @param boxes `[capacity, 6]`
 * @see Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696; the rule is that of its published code
 */
export function candidatesOf(boxes: ArrayLike<number>, levels: readonly CellLevel[]): Candidate[] {
  const found: Candidate[] = [];
  for (let box = 0; box * boxRow < boxes.length; box++) {
    if (!isTarget(boxes, box * boxRow)) continue;
    const [left = 0, top = 0, right = 0, bottom = 0] = [1, 2, 3, 4].map((i) => boxes[box * boxRow + i] ?? 0);
    levels.forEach(({ rows, columns, stride, anchors, first }, level) => {
      const [x = 0, y = 0] = [left + right, top + bottom].map((sum) => {
        return Math.round((sum / 2 / stride) * partsOfCell) / partsOfCell;
      });
      const cells = cellsAround(x, y, columns, rows);
      anchors.forEach(([width, height], anchor) => {
        const [across, down] = [(right - left) / width, (bottom - top) / height];
        if (Math.max(across, 1 / across, down, 1 / down) >= mostRatio) return;
        for (const { column, row, offset } of cells) {
          const cell = first + (row * columns + column) * anchors.length + anchor;
          found.push({ cell, box, column, row, level, anchor, offset });
        }
      });
    });
  }
  const weightOf = ({ box }: Candidate): number => boxes[box * boxRow + 5] ?? 0;
  return found.sort(
    (one, other) =>
      one.cell - other.cell || weightOf(one) - weightOf(other) || one.offset - other.offset || one.box - other.box,
  );
}

/** The cell of a point and its neighbours on the sides that it is nearer to, where there are any. */
function cellsAround(
  x: number,
  y: number,
  columns: number,
  rows: number,
): Pick<Candidate, "column" | "row" | "offset">[] {
  const isNear = (place: number): boolean => place % 1 < 0.5 && place > 1;
  const moves = [
    [0, 0, true],
    [-0.5, 0, isNear(x)],
    [0, -0.5, isNear(y)],
    [0.5, 0, isNear(columns - x)],
    [0, 0.5, isNear(rows - y)],
  ] as const;
  return moves.flatMap(([moveX, moveY, applies], offset) => {
    if (!applies) return [];
    const column = Math.min(columns - 1, Math.max(0, Math.trunc(x + moveX)));
    const row = Math.min(rows - 1, Math.max(0, Math.trunc(y + moveY)));
    return [{ column, row, offset }];
  });
}
