import { textTable } from "../../../core/index.ts";
import type { CaseErrors } from "./replay-case.ts";

/** A line for each case: the loss, its options, the errors of value and gradients, and whether they are within bounds. */
export function formatConformance(cases: readonly CaseErrors[], tolerance: number): readonly string[] {
  const rows = cases.map(({ loss, options, value, gradients, largest }) => [
    largest <= tolerance ? "ok" : "off",
    loss,
    Object.entries(options)
      .map(([name, given]) => `${name}=${typeof given === "object" ? JSON.stringify(given) : given}`)
      .join(" "),
    errorText(value),
    Object.entries(gradients)
      .map(([input, error]) => `${input} ${errorText(error)}`)
      .join(", "),
  ]);
  return textTable([["", "loss", "options", "value", "gradients"], ...rows]);
}

function errorText(error: number): string {
  return Number.isNaN(error) ? "none" : error.toExponential(1);
}
