import type { HostInputs, HostTensor } from "../../../core/testing/index.ts";
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
