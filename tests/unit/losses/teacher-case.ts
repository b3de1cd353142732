import type { LossOutputs } from "../../../core/index.ts";
import type { HostInputs } from "../../../core/testing/index.ts";
import type { OracleRow } from "./teacher-boxes-oracle.ts";
import { lossCase } from "./yolov7-case.ts";

/** A student's cells beside rows of a teacher. */
export interface TeacherCase {
  readonly inputs: HostInputs;
  readonly outputs: LossOutputs;
}

const top = 8;

/** Cells of an input of 64 pixels, and rows of a teacher of three classes. */
export function rowCase(
  images: readonly (readonly OracleRow[])[],
  known = [1, 1, 1],
  options: Parameters<typeof lossCase>[1] = {},
): TeacherCase {
  const classes = known.length;
  const { inputs, outputs } = lossCase(
    images.map(() => []),
    { classes, ...options },
  );
  const width = 6 + classes;
  const values = new Float32Array(images.length * top * width);
  images.forEach((rows, image) => {
    rows.forEach(({ corners, objectness, classes: probs }, row) => {
      values.set([1, ...corners, objectness, ...probs], (image * top + row) * width);
    });
  });
  const { boxes: _boxes, ...cells } = inputs;
  return {
    inputs: {
      ...cells,
      teacherRows: { shape: [images.length, top, width], dtype: "float32", values },
      teacherKnown: { shape: [classes], dtype: "float32", values: Float32Array.from(known) },
    },
    outputs: { ...outputs, teacherRows: { kind: "rows", shape: [top, 5 + classes] } },
  };
}

/** A small case with matches at two levels, away from places where overlaps have a kink. */
export function smallTeacherCase(): TeacherCase {
  return rowCase(
    [
      [
        { corners: [4.64, 7.04, 15.2, 20.48], objectness: 0.8, classes: [0.7, 0.2] },
        { corners: [8.48, 4.96, 31.2, 31.52], objectness: 0.7, classes: [0.1, 0.6] },
      ],
    ],
    [1, 1],
    { side: 32, classes: 2, anchors: 1, value: (i) => 0.9 * Math.sin(1.3 * i + 0.157 * 32) },
  );
}
