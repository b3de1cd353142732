import { type HostBatch, KdflowError } from "../../../core/index.ts";

/** Numbers of a row of `teacherRows` before those of the classes: there or not, four of the box, objectness. */
export const rowNumbers = 6;

/** The teacher's rows of one image, as `teacherRows` holds them. */
export interface TeacherRows {
  readonly count: number;
  readonly classCount: number;
  isThere(row: number): boolean;
  /** Left, top, right, bottom in pixels of the student's input. */
  corners(row: number): readonly [left: number, top: number, right: number, bottom: number];
  objectness(row: number): number;
  /** Probabilities given an object, `[classes]`. */
  classes(row: number): Float32Array;
}

/** @param classCount of the data */
export function rowsOfBatch({ inputs, size }: HostBatch, image: number, classCount: number): TeacherRows {
  const { teacherRows: values } = inputs;
  if (!(values instanceof Float32Array)) throw new KdflowError("KDF_INTERNAL", "a batch has no rows of a teacher");
  const width = rowNumbers + classCount;
  const count = values.length / size / width;
  const at = (row: number, place: number): number => values[(image * count + row) * width + place] ?? 0;
  return {
    count,
    classCount,
    isThere: (row) => at(row, 0) > 0,
    corners: (row) => [at(row, 1), at(row, 2), at(row, 3), at(row, 4)],
    objectness: (row) => at(row, 5),
    classes(row) {
      const first = (image * count + row) * width + rowNumbers;
      return values.subarray(first, first + classCount);
    },
  };
}

/** The best class of a row, and its score. */
export function bestOf(rows: TeacherRows, row: number): { readonly class: number; readonly score: number } {
  const classes = rows.classes(row);
  let best = 0;
  classes.forEach((prob, id) => {
    if (prob > (classes[best] ?? 0)) best = id;
  });
  return { class: best, score: rows.objectness(row) * (classes[best] ?? 0) };
}
