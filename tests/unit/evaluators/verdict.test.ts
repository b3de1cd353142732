import { expect, test } from "vitest";
import { createRng } from "../../../core/tensors/rng.ts";
import { type SampleScores, verdictOf } from "../../../plugins/evaluators/scoring/verdict.ts";

const share = { better: "higher", label: "top-1 accuracy", unit: "share" } as const;
/** `right` of `count` samples are right, the first ones. */
const model = (right: number, count: number) => Array.from({ length: count }, (_, i) => (i < right ? 1 : 0));
const judged = (scores: SampleScores, seed = 7) => verdictOf(scores, "top1", share, createRng(seed, "bootstrap"));

test("a gain whose interval leaves out 0 is one; pairs of samples that agree cost nothing", () => {
  const verdict = judged({ teacher: [], student: [model(950, 1000)], baseline: [model(900, 1000)] });
  // 50 of 1000 differ by 1: a standard error of √((50 − 1000 · 0.05²) / 999 / 1000)
  const standardError = Math.sqrt((50 - 1000 * 0.05 ** 2) / 999 / 1000);
  const [low = 0, high = 0] = verdict?.interval ?? [];
  expect(verdict?.gain).toBeCloseTo(0.05, 12);
  expect(low / (0.05 - 1.96 * standardError)).toBeCloseTo(1, 1);
  expect(high / (0.05 + 1.96 * standardError)).toBeCloseTo(1, 1);
  expect(verdict?.text).toMatch(/^the teacher helps: \+5\.0 points of top-1 accuracy \(95 %: \+3\.\d to \+6\.\d\)$/u);
});

test("the same seed gives the same interval, another one about the same", () => {
  const scores = { teacher: [], student: [model(950, 1000)], baseline: [model(900, 1000)] };
  expect(judged(scores)).toEqual(judged(scores));
  const [one, other] = [judged(scores)?.interval[0] ?? 0, judged(scores, 8)?.interval[0] ?? 0];
  expect(Math.abs(one - other)).toBeLessThan(0.002);
});

test("few images tell no difference, and a worse teacher is named", () => {
  const scores = { teacher: [model(20, 37)], student: [model(30, 37)], baseline: [model(29, 37)] };
  expect(judged(scores)?.text).toMatch(
    /^no difference can be told from 37 images: \+2\.7 points of top-1 accuracy \(95 %: \+0\.0 to \+8\.1\); the teacher itself is worse than its student$/u,
  );
});

test("seeds that differ widen the interval, and a loss is told", () => {
  const same = { teacher: [], student: [model(50, 100), model(50, 100)], baseline: [model(90, 100), model(90, 100)] };
  const apart = { ...same, student: [model(30, 100), model(70, 100)] };
  expect(judged(same)?.text).toMatch(/^the student is worse with the teacher than without: −40.0/u);
  const [narrow = 0, wide = 0] = [same, apart].map((scores) => {
    const [low, high] = judged(scores)?.interval ?? [0, 0];
    return high - low;
  });
  expect(wide).toBeGreaterThan(narrow + 0.2);
});

test("less is better for some metrics, and nothing is said without a baseline", () => {
  const distance = { better: "lower", label: "mean distance", unit: "number" } as const;
  const scores = { teacher: [], student: [[0.1, 0.1, 0.1]], baseline: [[0.3, 0.3, 0.3]] };
  const rng = createRng(1, "bootstrap");
  expect(verdictOf(scores, "distance", distance, rng)?.text).toBe(
    "the teacher helps: +0.2000 of mean distance (95 %: +0.2000 to +0.2000)",
  );
  expect(verdictOf({ ...scores, baseline: [] }, "distance", distance, rng)).toBeUndefined();
});
