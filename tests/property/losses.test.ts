import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlainWeight } from "../../core/index.ts";
import { shareTotalWeight } from "../../plugins/loss/weights/total-weight.ts";
import { weightAt } from "../../plugins/loss/weights/weight-at.ts";
import { crossEntropy } from "../../plugins/losses/cross-entropy.ts";
import { kd } from "../../plugins/losses/kd.ts";
import { createTerm, kd64, lossOf } from "../unit/losses/run-term.ts";

const settings = { seed: 20_240_611, numRuns: 60 };
const classes = 4;
const logit = fc.double({ min: -8, max: 8, noNaN: true });
const row = fc.array(logit, { minLength: classes, maxLength: classes });
const batch = fc.array(fc.tuple(row, row, fc.nat(classes - 1)), { minLength: 1, maxLength: 5 });
const temperature = fc.double({ min: 0.5, max: 10, noNaN: true });
/** float32 rounding of one row's terms, at most a few hundred in size. */
const rounding = 1e-4;

function inputsOf(rows: readonly (readonly [number[], number[], number])[]) {
  return {
    studentLogits: rows.map(([student]) => student),
    teacherLogits: rows.map(([, teacher]) => teacher),
    labels: rows.map(([, , label]) => label),
  };
}

describe("kd", () => {
  test("is never negative, and 0 where student and teacher agree", async () => {
    await fc.assert(
      fc.asyncProperty(batch, temperature, async (rows, t) => {
        const term = await createTerm(kd, { temperature: t });
        const { studentLogits, teacherLogits } = inputsOf(rows);
        expect(lossOf(term, { studentLogits, teacherLogits })).toBeGreaterThanOrEqual(-rounding);
        expect(lossOf(term, { studentLogits, teacherLogits: studentLogits })).toBe(0);
      }),
      settings,
    );
  });

  test("is the float64 formula at any temperature", async () => {
    await fc.assert(
      fc.asyncProperty(batch, temperature, async (rows, t) => {
        const term = await createTerm(kd, { temperature: t });
        const { studentLogits, teacherLogits } = inputsOf(rows);
        const expected = kd64(studentLogits, teacherLogits, t);
        expect(Math.abs(lossOf(term, { studentLogits, teacherLogits }) - expected)).toBeLessThanOrEqual(rounding);
      }),
      settings,
    );
  });
});

describe.each([
  ["kd", kd, { temperature: 3 }],
  ["cross-entropy", crossEntropy, { labelSmoothing: 0.1 }],
] as const)("%s", (_name, provider, options) => {
  test("does not change when a constant is added to a row of logits", async () => {
    const term = await createTerm(provider, options);
    fc.assert(
      fc.property(batch, fc.double({ min: -20, max: 20, noNaN: true }), (rows, shift) => {
        const inputs = inputsOf(rows);
        const moved = inputs.studentLogits.map((logits) => logits.map((value) => value + shift));
        const shifted = lossOf(term, { ...inputs, studentLogits: moved });
        expect(Math.abs(shifted - lossOf(term, inputs))).toBeLessThanOrEqual(rounding);
      }),
      settings,
    );
  });

  test("does not change with the order of the batch", async () => {
    const term = await createTerm(provider, options);
    fc.assert(
      fc.property(batch, (rows) => {
        const turned = lossOf(term, inputsOf(rows.toReversed()));
        expect(Math.abs(turned - lossOf(term, inputsOf(rows)))).toBeLessThanOrEqual(rounding);
      }),
      settings,
    );
  });
});

describe("the baseline's weights", () => {
  const value = fc.double({ min: 0, max: 3, noNaN: true });
  const shape = fc.constantFrom("linear" as const, "cosine" as const);
  const ramp = fc.record(
    { from: value, to: value, shape, stopEpoch: fc.integer({ min: 1, max: 12 }) },
    { requiredKeys: ["from", "to", "shape"] },
  );
  const weights = fc.array(fc.oneof(value, ramp), { minLength: 1, maxLength: 3 });

  test("add up to the total of all terms at every moment, in the ratio of the hard weights", () => {
    fc.assert(
      fc.property(weights, weights, fc.double({ min: 0, max: 10, noNaN: true }), (hard, soft, epoch) => {
        const at = (specs: readonly PlainWeight[]): number[] => specs.map((spec) => weightAt(spec, epoch, 10));
        const [before, total] = [at(hard), at([...hard, ...soft]).reduce((a, b) => a + b, 0)];
        const after = shareTotalWeight(hard, [...hard, ...soft]).map((spec) => weightAt(spec, epoch, 10));
        const hardTotal = before.reduce((a, b) => a + b, 0);
        expect(after.reduce((a, b) => a + b, 0)).toBeCloseTo(total, 9);
        if (hardTotal < 1e-6) return;
        for (const [i, weight] of after.entries())
          expect(weight).toBeCloseTo((total * (before[i] ?? 0)) / hardTotal, 6);
      }),
      { ...settings, numRuns: 400 },
    );
  });

  test("do not depend on the order of the terms that are removed", () => {
    fc.assert(
      fc.property(weights, weights, (hard, soft) => {
        const forth = shareTotalWeight(hard, [...hard, ...soft]);
        expect(shareTotalWeight(hard, [...soft.toReversed(), ...hard])).toEqual(forth);
      }),
      { ...settings, numRuns: 200 },
    );
  });
});
