import { expect, test } from "vitest";
import type { MetricsRow } from "../../../core/index.ts";
import { calibrationWarning } from "../../../plugins/evaluators/scoring/calibration-warning.ts";

const row = (role: MetricsRow["role"], ece: number): MetricsRow => ({
  role,
  stages: [role],
  metrics: { ece: { mean: ece, sd: null } },
});

test("a student far worse calibrated than its baseline is told, with the remedy", () => {
  const text = calibrationWarning([row("teacher", 0.25), row("student", 0.27), row("baseline", 0.03)]);
  expect(text).toContain("calibration error is 0.27 against 0.03 of the baseline");
  expect(text).toContain("temperature fitted on validation data");
});

test("without a baseline the teacher is the measure, and a student as good as it is not told", () => {
  expect(calibrationWarning([row("teacher", 0.04), row("student", 0.2)])).toContain("0.04 of the teacher");
  expect(calibrationWarning([row("teacher", 0.18), row("student", 0.2)])).toBeUndefined();
});

test("nothing is said where calibration is not measured or not a number", () => {
  expect(calibrationWarning([{ role: "student", stages: ["train"], metrics: {} }])).toBeUndefined();
  expect(calibrationWarning([row("student", Number.NaN), row("baseline", 0.03)])).toBeUndefined();
});
