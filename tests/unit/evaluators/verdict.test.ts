import { expect, test } from "vitest";
import { verdictOf } from "../../../plugins/evaluators/scoring/verdict.ts";

const share = { better: "higher", label: "top-1 accuracy", unit: "share" } as const;
/** `right` of `count` samples are right, the first ones. */
const model = (right: number, count: number) => Array.from({ length: count }, (_, i) => (i < right ? 1 : 0));

test("a gain of more than two standard errors is one; pairs of samples that agree cost nothing", () => {
  const scores = { teacher: [], student: [model(95, 100)], baseline: [model(90, 100)] };
  // five of 100 differ by 1: variance (5 − 100 · 0.05²) / 99
  const expected = Math.sqrt((5 - 100 * 0.05 ** 2) / 99 / 100);
  const verdict = verdictOf(scores, "top1", share);
  expect(verdict?.gain).toBeCloseTo(0.05, 12);
  expect(verdict?.standardError).toBeCloseTo(expected, 12);
  expect(verdict?.text).toBe("the teacher helps: +5.0 ± 2.2 points of top-1 accuracy");
});

test("few images tell no difference, and a worse teacher is named", () => {
  const scores = { teacher: [model(20, 37)], student: [model(30, 37)], baseline: [model(29, 37)] };
  expect(verdictOf(scores, "top1", share)?.text).toBe(
    "no difference can be told from 37 images: +2.7 ± 2.7 points of top-1 accuracy; the teacher itself is worse than its student",
  );
});

test("seeds that differ widen the error, and a loss is told", () => {
  const same = { teacher: [], student: [model(50, 100), model(50, 100)], baseline: [model(90, 100), model(90, 100)] };
  const apart = { ...same, student: [model(30, 100), model(70, 100)] };
  expect(verdictOf(same, "top1", share)?.text).toMatch(/^the student is worse with the teacher than without: −40.0/u);
  const [narrow = 0, wide = 0] = [same, apart].map((scores) => verdictOf(scores, "top1", share)?.standardError);
  expect(wide).toBeGreaterThan(narrow + 0.1);
});

test("less is better for some metrics, and nothing is said without a baseline", () => {
  const distance = { better: "lower", label: "mean distance", unit: "number" } as const;
  const scores = { teacher: [], student: [[0.1, 0.1, 0.1]], baseline: [[0.3, 0.3, 0.3]] };
  expect(verdictOf(scores, "distance", distance)?.text).toBe("the teacher helps: +0.2000 ± 0.0000 of mean distance");
  expect(verdictOf({ ...scores, baseline: [] }, "distance", distance)).toBeUndefined();
});
