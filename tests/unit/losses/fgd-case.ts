import type { HostInputs, HostTensor } from "../../../core/testing/index.ts";
import { rowCase } from "./teacher-case.ts";
import { type Box, type LossCase, lossCase } from "./yolov7-case.ts";

export const side = 32; // p3 has 4 × 4 cells
export const [grid, batch] = [4, 2];

/** Numbers in PyTorch's order `[batch, channels, height, width]`, as kdflow has them. */
export function features(value: (i: number) => number, channels = 3): HostTensor {
  const values = new Float32Array(batch * grid * grid * channels);
  let i = 0;
  for (let image = 0; image < batch; image++)
    for (let channel = 0; channel < channels; channel++)
      for (let cell = 0; cell < grid * grid; cell++)
        values[(image * grid * grid + cell) * channels + channel] = value(i++);
  return { shape: [batch, grid, grid, channels], dtype: "float32", values };
}

/** From pixels to shares: class, middle and sides. */
const box = (left: number, top: number, right: number, bottom: number): Box => {
  return [0, (left + right) / 2 / side, (top + bottom) / 2 / side, (right - left) / side, (bottom - top) / side];
};
/** Cells 0 to 2 and 0 to 1 of the first image, 1 to 3 of the second. */
const images = [[box(1, 1, 12, 6)], [box(9, 9, 20, 20)]];
const { inputs: cells, outputs: ofCells } = lossCase(images, { side });
export const outputs = { ...ofCells, studentFeatures: { kind: "features", shape: [grid, grid, 3], stride: 8 } };
export const inputs: HostInputs = {
  ...cells,
  studentFeatures: features((i) => Math.sin(0.1 * i)),
  teacherFeatures: features((i) => Math.cos(0.1 * i)),
};

/** What `regions: boxes` is made of; no feature is near zero, where its size has a kink. */
export function smallFeatureCase(): LossCase {
  const { boxes } = inputs as Record<"boxes", HostTensor>;
  const studentFeatures = features((i) => 2 + Math.sin(0.7 * i));
  const teacherFeatures = features((i) => 2 + Math.cos(0.4 * i));
  return { inputs: { studentFeatures, teacherFeatures, boxes }, outputs };
}

/** The same features under stored boxes of a teacher: 3 × 2 cells of the first image, 3 × 3 of the second. */
export function scoredFeatureCase(): LossCase {
  const { studentFeatures, teacherFeatures } = smallFeatureCase().inputs as Record<string, HostTensor>;
  const rows = [
    [
      { corners: [1, 1, 12, 6] as const, objectness: 0.5, classes: [0.6, 0.1, 0] },
      { corners: [17, 17, 24, 24] as const, objectness: 0.9, classes: [0.1, 0.2, 1] },
    ],
    [{ corners: [9, 9, 20, 20] as const, objectness: 0.8, classes: [0.1, 0.7, 0] }],
  ];
  const taught = rowCase(rows, [1, 1, 1], { side });
  const { teacherRows } = taught.inputs as Record<string, HostTensor>;
  return {
    inputs: { studentFeatures, teacherFeatures, teacherRows } as HostInputs,
    outputs: { ...taught.outputs, ...outputs },
  };
}
