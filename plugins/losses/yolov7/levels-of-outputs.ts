import { KdflowError, type LossOutputs } from "../../../core/index.ts";

/** One grid of cells of a detector. */
export interface CellLevel {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  /** In pixels of the input. */
  readonly anchors: readonly (readonly [width: number, height: number])[];
  /** Place of its first cell among those of all levels. */
  readonly first: number;
}

/** The outputs that the loss is given, finest first. */
export const cellInputs = ["studentP3", "studentP4", "studentP5"] as const;

/**
 * The grids behind the outputs. Cells are counted level by level, row by row, then by anchor.
 *
 * @throws KDF_TRAIN_INPUT for outputs without stride and anchors
 */
export function levelsOf(outputs: LossOutputs): { readonly levels: readonly CellLevel[]; readonly cells: number } {
  let cells = 0;
  const levels = cellInputs.map((name): CellLevel => {
    const { shape = [], stride = 0, anchors = [] } = outputs[name] ?? {};
    const [rows = 0, columns = 0] = shape;
    if (stride === 0 || anchors.length === 0) {
      throw new KdflowError("KDF_TRAIN_INPUT", `the loss yolov7 takes ${name}, which has no stride and anchors`, {
        hint: "its outputs are of the kind cells: take the student `yolo`",
      });
    }
    const first = cells;
    cells += rows * columns * anchors.length;
    return { rows, columns, stride, anchors, first };
  });
  return { levels, cells };
}
