import type { MetricsRow } from "../../../core/index.ts";

/** What a calibration error may grow by, in points of probability, before it is worth a word. */
const worthTelling = 0.05;

/**
 * Tells a student whose confidence suffered from its teacher: one that is far worse calibrated than the baseline, or
 * than the teacher where there is no baseline.
 *
 * @returns one sentence with the remedy, or `undefined` where nothing is wrong or the task measures no calibration
 */
export function calibrationWarning(rows: readonly MetricsRow[]): string | undefined {
  const errorOf = (role: MetricsRow["role"]): number | undefined =>
    rows.find((row) => row.role === role)?.metrics["ece"]?.mean;
  const own = errorOf("student");
  const beside = rows.some(({ role }) => role === "baseline") ? "baseline" : "teacher";
  const other = errorOf(beside);
  if (own === undefined || other === undefined || !(own - other > worthTelling)) return undefined;
  const numbers = `its calibration error is ${own.toFixed(2)} against ${other.toFixed(2)} of the ${beside}`;
  const remedy = "divide its logits by a temperature fitted on validation data before they become probabilities";
  return `the student's confidence suffered: ${numbers}; its answers stay right, but do not trust its probabilities as they are: ${remedy}`;
}
