import { expect, test } from "vitest";
import { perClass } from "../../../plugins/tasks/classification/preflight/per-class.ts";

const labels = Int32Array.from({ length: 200 }, (_, at) => (at < 180 ? 0 : 1));

test("answers that always say the frequent class get what chance gets", () => {
  const { recall, chance, bound } = perClass(new Int32Array(200), labels, 2);
  // recall 1 of the one class and 0 of the other; all answers are of the first
  expect([recall, chance, bound]).toEqual([1 / 2, 1 / 2, 1 / 2]);
});

test("answers in another order are no better than chance, though 160 of 200 are right", () => {
  const { recall, bound } = perClass(Int32Array.from(labels).reverse(), labels, 2);
  expect(recall).toBeCloseTo((160 / 180 + 0 / 20) / 2, 12);
  expect(recall).toBeLessThan(bound);
});

test("true answers are far above it, and so are those that miss half of a rare class", () => {
  const half = Int32Array.from(labels, (label, at) => (at % 2 === 0 ? label : 0));
  for (const answers of [labels, half]) {
    const { recall, bound } = perClass(answers, labels, 2);
    expect(recall).toBeGreaterThan(bound);
  }
});

test("chance is Σ p_c / k and its variance Σ p_c (1 − p_c) / n_c / k²", () => {
  const { chance, bound } = perClass(Int32Array.of(0, 0, 1, 2), Int32Array.of(0, 0, 0, 1), 3);
  expect(chance).toBeCloseTo((1 / 2 + 1 / 4) / 2, 12);
  const variance = (1 / 2 / 2 / 3 + (1 / 4) * (3 / 4)) / 4;
  expect(bound).toBeCloseTo(chance + 3 * Math.sqrt(variance), 12);
});
