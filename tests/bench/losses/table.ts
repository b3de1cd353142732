import { formatDuration } from "../../../core/report/quantities.ts";
import { markdownTable } from "../markdown-table.ts";
import { baselineRow } from "./methods.ts";
import type { MethodMeasure, Score } from "./run-method.ts";

/** Lines: one row for each method, and the teacher below. Differences are in points, with their standard error. */
export function lossTable(measures: readonly MethodMeasure[]): string[] {
  const [first] = measures;
  if (first === undefined) return [];
  const { seeds } = first.student;
  const scoreOf = (name: string): Score | undefined => measures.find(({ method }) => method === name)?.student;
  const [baseline, kd] = [scoreOf(baselineRow), scoreOf("kd")];
  const header = [
    "loss",
    seeds === 1 ? "top-1" : `top-1, mean ± sd of ${seeds} seeds`,
    "to baseline",
    "to kd",
    "labelling",
    seeds === 1 ? "training" : `training, ${seeds} seeds`,
  ];
  const rows = measures.map(({ method, student, labelMs, trainMs }) => [
    method,
    scoreWords(student),
    method === baselineRow ? "" : difference(student, baseline),
    method === "kd" ? "" : difference(student, kd),
    labelMs === 0 ? "" : timeWords(labelMs),
    timeWords(trainMs),
  ]);
  return [
    ...markdownTable(header, rows),
    "",
    ...(first.teacher === undefined ? [] : [`teacher: ${scoreWords(first.teacher)}`]),
  ];
}

function timeWords(ms: number | undefined): string {
  return ms === undefined ? "not known" : formatDuration(ms);
}

function scoreWords({ mean, sd }: Score): string {
  return `${(100 * mean).toFixed(2)}${sd === null ? "" : ` ± ${(100 * sd).toFixed(2)}`} %`;
}

/** The difference of two means over seeds with its standard error, √(sd²/n + sd²/n), in points. */
function difference(own: Score, other: Score | undefined): string {
  if (other === undefined) return "";
  const points = 100 * (own.mean - other.mean);
  const signed = `${points >= 0 ? "+" : "−"}${Math.abs(points).toFixed(2)}`;
  if (own.sd === null || other.sd === null) return signed;
  const error = 100 * Math.sqrt(own.sd ** 2 / own.seeds + other.sd ** 2 / other.seeds);
  return `${signed} ± ${error.toFixed(2)}`;
}
