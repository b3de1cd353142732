import { describe, expect, test } from "vitest";
import { checkLoss, type HostInputs, type HostTensor } from "../../../core/testing/index.ts";
import { createLossProbe } from "../../../core/testing/loss-probe.ts";
import { boxMasks } from "../../../plugins/losses/feature-masks/box-masks.ts";
import { fgd } from "../../../plugins/losses/fgd.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { batch, features, grid, inputs, outputs, side } from "./fgd-case.ts";
import { createTerm, tf } from "./run-term.ts";
import { rowCase } from "./teacher-case.ts";

const none = { regions: "boxes", foreground: 0, background: 0, attention: 0, relation: 0, temperature: 0.5 } as const;

describe("fgd", () => {
  // results of float64 PyTorch
  test.each([
    ["foreground", { foreground: 1 }, 3.4797640916],
    ["background", { background: 1 }, 2.6854390136],
    ["attention", { attention: 1 }, 5.6117792192],
    ["all three", { foreground: 1e-3, background: 5e-4, attention: 5e-4 }, 0.0076283732],
  ])("has the reference's %s", async (_name, weights, expected) => {
    const probe = createLossProbe(tf, await createTerm(fgd, { ...none, ...weights }), inputs, outputs);
    expect(relativeError([probe.evaluate(inputs).value], [expected])).toBeLessThanOrEqual(tolerances.value);
    probe.dispose();
  });

  test("adds the global context of the student by its own block", async () => {
    const wide: HostInputs = {
      ...inputs,
      studentFeatures: features((i) => Math.sin(0.37 * i), 4),
      teacherFeatures: features((i) => Math.cos(0.23 * i), 4),
    };
    const probe = createLossProbe(tf, await createTerm(fgd, { ...none, relation: 1 }), wide, outputs);
    const weightOf = (name: string) => {
      const found = probe.parts.weights.find((weight) => weight.name.endsWith(name));
      if (found === undefined) throw new Error(`no ${name} among ${probe.parts.weights.map((each) => each.name)}`);
      return found;
    };
    const valuesOf = (name: string) => Array.from(weightOf(name).variable.dataSync());
    const up = [0.4, -0.7, 0.9, 0.2, -0.3, 1.1, 0.5, -0.8];
    const block = { mask: valuesOf("studentMask/kernel"), down: valuesOf("studentDown/kernel"), up };
    const value = probe.evaluateMoved(wide, weightOf("studentUp/kernel"), Float32Array.from(up));
    expect(relativeError([value], [relation(wide, block)])).toBeLessThanOrEqual(tolerances.value);
    // at the start blocks add nothing
    expect(relativeError([probe.evaluate(wide).value], [relation(wide)])).toBeLessThanOrEqual(tolerances.value);
    probe.dispose();
  });

  test.each(["boxes", "teacher-score", "all"] as const)("keeps a loss's promises with mask %s", async (mask) => {
    const row = { objectness: 0.8, classes: [0.7, 0.2, 0.1] };
    const taught = rowCase([[{ ...row, corners: [1, 1, 12, 6] }], [{ ...row, corners: [9, 9, 20, 20] }]], undefined, {
      side,
    });
    const { studentFeatures, teacherFeatures, boxes } = inputs as Required<typeof inputs>;
    const extra = mask === "boxes" ? { boxes } : mask === "all" ? {} : { teacherRows: taught.inputs["teacherRows"] };
    const given = { studentFeatures, teacherFeatures, ...extra } as HostInputs;
    const options = { ...none, regions: mask, foreground: 1, background: 0.5, relation: 0.05 };
    await checkLoss(fgd, {
      tf,
      options,
      inputs: (size) => firstImages(given, size),
      outputs: { ...taught.outputs, ...outputs },
    });
  });
});

interface Block {
  readonly mask: readonly number[];
  readonly down: readonly number[];
  readonly up: readonly number[];
}

/** Σ (r(fS) − fT)² over the batch in float64: a block at the student alone, whose biases are 0. */
function relation({ studentFeatures, teacherFeatures }: HostInputs, block?: Block): number {
  const channels = studentFeatures?.shape.at(-1) ?? 0;
  let sum = 0;
  for (let image = 0; image < batch; image++) {
    const rows = (given: HostTensor | undefined): number[][] =>
      Array.from({ length: grid * grid }, (_, cell) => {
        const from = (image * grid * grid + cell) * channels;
        return Array.from(given?.values.slice(from, from + channels) ?? []);
      });
    const [own, its] = [rows(studentFeatures), rows(teacherFeatures)];
    const added = block === undefined ? [] : contextOf(own, block);
    own.forEach((row, cell) => {
      row.forEach((value, channel) => {
        sum += (value + (added[channel] ?? 0) - (its[cell]?.[channel] ?? 0)) ** 2;
      });
    });
  }
  return sum / batch;
}

/** Softmax over places, their mean by it, a matrix, layer norm, relu, a matrix. */
function contextOf(rows: readonly (readonly number[])[], { mask, down, up }: Block): number[] {
  const channels = rows[0]?.length ?? 0;
  const half = channels / 2;
  const dot = (row: readonly number[], weights: readonly number[], width = 1, column = 0): number =>
    row.reduce((sum, value, i) => sum + value * (weights[i * width + column] ?? 0), 0);
  const powers = rows.map((row) => Math.exp(dot(row, mask)));
  const total = powers.reduce((sum, each) => sum + each, 0);
  const joined = Array.from({ length: channels }, (_, channel) =>
    rows.reduce((sum, row, cell) => sum + ((powers[cell] ?? 0) / total) * (row[channel] ?? 0), 0),
  );
  const hidden = Array.from({ length: half }, (_, unit) => dot(joined, down, half, unit));
  const mean = hidden.reduce((sum, each) => sum + each, 0) / half;
  const variance = hidden.reduce((sum, each) => sum + (each - mean) ** 2, 0) / half;
  const active = hidden.map((each) => Math.max(0, (each - mean) / Math.sqrt(variance + 1e-5)));
  return Array.from({ length: channels }, (_, channel) => dot(active, up, channels, channel));
}

/** The first images of a batch, over and over. */
function firstImages(given: HostInputs, size: number): HostInputs {
  return Object.fromEntries(
    Object.entries(given).map(([name, { shape, dtype, values }]) => {
      const width = values.length / (shape[0] ?? 1);
      const repeated = Float32Array.from({ length: size * width }, (_, i) => values[i % values.length] ?? 0);
      return [name, { shape: [size, ...shape.slice(1)], dtype, values: repeated }];
    }),
  );
}

describe("masks of boxes", () => {
  const host = (given: HostInputs) => ({
    inputs: Object.fromEntries(Object.entries(given).map(([name, { values }]) => [name, values])),
    indices: Int32Array.of(0, 1),
    size: batch,
  });
  const sums = (mask: Float32Array): number[] =>
    [0, 1].map((image) => mask.subarray(image * 16, image * 16 + 16).reduce((sum, each) => sum + each, 0));

  test.each(["boxes", "fine-grained", "all"] as const)("count as much in every image, by %s", (kind) => {
    const { foreground, background } = boxMasks(host(inputs), [grid, grid], outputs, kind);
    for (const sum of sums(foreground)) expect(sum).toBeCloseTo(1, 6);
    for (const sum of sums(background)) expect(sum).toBeCloseTo(kind === "all" ? 0 : 1, 6);
    foreground.forEach((weight, at) => {
      if (weight > 0) expect(background[at]).toBe(0);
    });
  });

  test("weigh a teacher's boxes by their scores", () => {
    const row = { corners: [1, 1, 12, 6], objectness: 0.5, classes: [0.6, 0.1, 0] } as const;
    const taught = rowCase([[row], []], [1, 1, 1], { side });
    const { foreground, background } = boxMasks(
      host(taught.inputs),
      [grid, grid],
      { ...outputs, ...taught.outputs },
      "teacher-score",
    );
    expect(sums(foreground)[0]).toBeCloseTo(0.3, 6);
    expect(sums(foreground)[1]).toBe(0);
    expect(sums(background)[1]).toBeCloseTo(1, 6);
  });

  test("say which sizes have anchors where a map has none", () => {
    expect(() => boxMasks(host(inputs), [3, 3], outputs, "fine-grained")).toThrow(
      "3×3 is none of its levels: 4×4, 2×2, 1×1",
    );
  });
});
