import type { Outputs } from "../../core/index.ts";
import { type LinearTeacher, linearTeacher } from "./linear-teacher.ts";

const side = 28;

/** What the taps of {@link tappedTeacher} give. */
export const tappedTaps: Outputs = {
  grid: { kind: "features", shape: [2, 2, 2], stride: side / 2 },
  pooled: { kind: "features", shape: [3] },
};

/** A linear teacher of 28×28 grey images with features: brightness and a weighted brightness of the quarters and the whole. */
export function tappedTeacher(taps: Outputs = tappedTaps): LinearTeacher {
  const teacher = linearTeacher();
  return {
    ...teacher,
    taps,
    async predict(pixels, count, names = ["logits"]) {
      const answers: Record<string, Float32Array> = {};
      if (names.includes("logits")) Object.assign(answers, await teacher.predict(pixels, count));
      this.images += count;
      const images = Array.from({ length: count }, (_, at) =>
        pixels.subarray(at * side * side, (at + 1) * side * side),
      );
      if (names.includes("grid")) answers["grid"] = Float32Array.from(images.flatMap(gridOf));
      if (names.includes("pooled")) answers["pooled"] = Float32Array.from(images.flatMap(pooledOf));
      return answers;
    },
  };
}

function gridOf(image: Uint8Array): number[] {
  const cells = Array.from({ length: 8 }, () => 0);
  for (const [at, value] of image.entries()) {
    const cell = 2 * (Math.floor(at / side) < side / 2 ? 0 : 1) + (at % side < side / 2 ? 0 : 1);
    cells[2 * cell] = (cells[2 * cell] ?? 0) + value / 10_000;
    cells[2 * cell + 1] = (cells[2 * cell + 1] ?? 0) + (value * Math.sin(at)) / 5_000;
  }
  return cells;
}

function pooledOf(image: Uint8Array): number[] {
  const grid = gridOf(image);
  return [0, 1, 2].map((part) => (grid[part] ?? 0) - (grid[part + 3] ?? 0));
}
