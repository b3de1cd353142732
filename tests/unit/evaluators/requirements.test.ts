import { describe, expect, it } from "vitest";
import type { Metrics } from "../../../core/index.ts";
import { checkRequirements as check } from "../../../plugins/evaluators/scoring/requirements.ts";
import { classificationMetric } from "../../../plugins/tasks/classification/scorer.ts";

const value = (mean: number) => ({ mean, sd: null });
const checkRequirements = (metrics: Metrics, require: Record<string, number>) =>
  check(metrics, require, classificationMetric);

const metrics: Metrics = {
  task: "classification",
  names: classificationMetric.names,
  split: "test",
  sampleCount: 100,
  rows: [
    { role: "student", stages: ["train"], metrics: { top1: value(0.93), nll: value(0.2) } },
    { role: "baseline", stages: ["train.baseline"], metrics: { top1: value(0.9) } },
  ],
};

describe("checkRequirements", () => {
  it("accepts a student that meets every bound, nll and ece being upper ones", () => {
    expect(() => checkRequirements(metrics, { top1: 0.9, nll: 0.3, gain: 0.02 })).not.toThrow();
  });

  it("names every bound that is not met, with both values", () => {
    expect(() => checkRequirements(metrics, { top1: 0.95, nll: 0.1, gain: 0.05 })).toThrow(
      "top1 is 0.9300, wanted at least 0.95; nll is 0.2000, wanted at most 0.1; gain is 0.0300, wanted at least 0.05",
    );
  });

  it("is met by nothing that is not a number", () => {
    const broken = {
      ...metrics,
      rows: [{ role: "student" as const, stages: ["train"], metrics: { nll: value(Number.NaN) } }],
    };
    expect(() => checkRequirements(broken, { nll: 5 })).toThrow("nll is NaN, wanted at most 5");
  });

  it("refuses a bound on what was not measured", () => {
    expect(() => checkRequirements(metrics, { agreement: 0.5 })).toThrow("agreement is not measured here");
  });
});
