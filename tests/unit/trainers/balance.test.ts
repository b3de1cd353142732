import { expect, it } from "vitest";
import type { Objective, ObjectiveTerm } from "../../../core/index.ts";
import { oddTerms } from "../../../plugins/trainers/loop/balance.ts";

const term = (name: string, needs: readonly string[], weight: number): ObjectiveTerm => ({
  name,
  needs,
  weight: () => weight,
  term: { compute: () => Promise.reject(new Error("never computed")) as never },
});

const objective: Objective = {
  terms: [term("cross-entropy", ["studentLogits", "labels"], 0.1), term("kd", ["studentLogits", "teacherLogits"], 0.9)],
};

it("finds nothing odd in terms of like size", () => {
  expect(oddTerms(objective, { "cross-entropy": 2, kd: 20 }, 0, 5)).toEqual([]);
});

it("names a term that was zero although it has a weight", () => {
  expect(oddTerms(objective, { "cross-entropy": 2, kd: 0 }, 0, 5)).toEqual([
    'the loss term "kd" was zero for the whole epoch; it teaches nothing',
  ]);
});

it("names a teacher's term that is more than a hundred times the labels' share", () => {
  // 0.9 · 30 against 0.1 · 2 is 135 to 1
  expect(oddTerms(objective, { "cross-entropy": 2, kd: 30 }, 0, 5)).toEqual([
    'the loss term "kd" weighs 135 times the terms on labels; lower its weight or its temperature',
  ]);
});
