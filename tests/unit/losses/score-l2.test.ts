import { describe, expect, test } from "vitest";
import { checkLoss, type HostTensor } from "../../../core/testing/index.ts";
import { createLossProbe } from "../../../core/testing/loss-probe.ts";
import { scoreL2 } from "../../../plugins/losses/score-l2.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { batch, grid, scoredFeatureCase, side } from "./fgd-case.ts";
import { createTerm, tf } from "./run-term.ts";
import { rowCase } from "./teacher-case.ts";

const { inputs, outputs } = scoredFeatureCase();
const featuresOf = (name: string): HostTensor => inputs[name] as HostTensor;

/** The surest box of each cell, rows and columns that a box's border reaches among them. */
const boxes: readonly (readonly {
  readonly cells: readonly [number, number, number, number];
  readonly score: number;
}[])[] = [
  [
    { cells: [0, 0, 2, 1], score: 0.3 },
    { cells: [2, 2, 3, 3], score: 0.9 },
  ],
  [{ cells: [1, 1, 3, 3], score: 0.56 }],
];

function weightOf(image: number, row: number, column: number): number {
  const covering = (boxes[image] ?? []).filter(({ cells: [left, top, right, bottom] }) => {
    return column >= left && column <= right && row >= top && row <= bottom;
  });
  return Math.max(0, ...covering.map(({ score }) => score));
}

/** In float64. */
function oracle(): { readonly value: number; readonly slopes: number[] } {
  const { values, shape } = featuresOf("studentFeatures");
  const teacher = featuresOf("teacherFeatures").values;
  const channels = shape.at(-1) ?? 0;
  let [sum, weights] = [0, 0];
  const slopes: number[] = [];
  for (let image = 0; image < batch; image++)
    for (let row = 0; row < grid; row++)
      for (let column = 0; column < grid; column++) {
        const weight = weightOf(image, row, column);
        weights += weight;
        for (let channel = 0; channel < channels; channel++) {
          const at = ((image * grid + row) * grid + column) * channels + channel;
          const own = values[at] ?? 0;
          sum += weight * (own - (teacher[at] ?? 0)) ** 2;
          slopes.push(2 * weight * (own - (teacher[at] ?? 0)));
        }
      }
  return { value: sum / (channels * weights), slopes: slopes.map((slope) => slope / (channels * weights)) };
}

describe("score-l2", () => {
  test("has the value and the gradient of the float64 oracle, and none where no box is", async () => {
    const probe = createLossProbe(tf, await createTerm(scoreL2, {}), inputs, outputs);
    const { value, slopes } = oracle();
    expect(relativeError([probe.evaluate(inputs).value], [value])).toBeLessThanOrEqual(tolerances.value);
    const gradient = Array.from(probe.inputGradient(inputs, "studentFeatures") as Float32Array);
    expect(relativeError(gradient, slopes)).toBeLessThanOrEqual(tolerances.value);
    const silent = slopes.flatMap((slope, at) => (slope === 0 ? [gradient[at]] : []));
    expect(silent.length).toBeGreaterThan(10);
    expect(silent.every((slope) => slope === 0)).toBe(true);
    probe.dispose();
  });

  test("keeps a loss's promises", async () => {
    const first = (size: number) =>
      Object.fromEntries(
        Object.entries(inputs).map(([name, { shape, dtype, values }]) => {
          const width = values.length / (shape[0] ?? 1);
          const repeated = Float32Array.from({ length: size * width }, (_, i) => values[i % values.length] ?? 0);
          return [name, { shape: [size, ...shape.slice(1)], dtype, values: repeated }];
        }),
      );
    await checkLoss(scoreL2, { tf, options: {}, inputs: first, outputs });
  });

  test("is 0 where the teacher has no box", async () => {
    const none = { ...inputs, teacherRows: rowCase([[], []], [1, 1, 1], { side }).inputs["teacherRows"] as HostTensor };
    const probe = createLossProbe(tf, await createTerm(scoreL2, {}), none, outputs);
    expect(probe.evaluate(none).value).toBe(0);
    const gradient = probe.inputGradient(none, "studentFeatures") as Float32Array;
    expect(gradient.every((slope) => slope === 0)).toBe(true);
    probe.dispose();
  });
});
