import { expect, it } from "vitest";
import { formatPlan, formatShortPlan, summarisePlan } from "../../../core/report/plan-table.ts";

const stages = [
  { stage: "data", kind: "data", provider: "mnist", state: "reuse", key: "0123456789abcdef", reasons: [] },
  {
    stage: "big",
    kind: "train",
    provider: "distill",
    state: "run",
    key: "fedcba9876543210",
    reasons: ["option epochs changed: 2 → 3 (a.yaml:14)", "option seed changed: 0 → 1 (a.yaml:15)"],
  },
  {
    stage: "train.baseline",
    kind: "train",
    provider: "distill",
    state: "depends",
    key: undefined,
    reasons: ["depends on big"],
  },
] as const;

it("prints a short plan of name, provider and state", () => {
  expect(formatShortPlan(stages)).toEqual([
    "data            mnist            reuse",
    "big             distill (train)  run",
    "train.baseline  distill          depends",
  ]);
});

it("prints every reason of a full plan on its own line", () => {
  expect(formatPlan(stages)).toEqual([
    "stage           provider         state    key           why",
    "data            mnist            reuse    0123456789ab",
    "big             distill (train)  run      fedcba987654  option epochs changed: 2 → 3 (a.yaml:14)",
    "                                                        option seed changed: 0 → 1 (a.yaml:15)",
    "train.baseline  distill          depends  –             depends on big",
  ]);
});

it("counts the states", () => {
  expect(summarisePlan(stages)).toBe("1 to run, 1 reused, 1 decided later");
  expect(summarisePlan(stages.slice(0, 1))).toBe("0 to run, 1 reused");
});
