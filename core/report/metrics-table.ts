import type { Metrics, MetricsRow } from "../contracts/artifacts.ts";
import { metricOrder, metricText } from "./metric-text.ts";
import { formatCount } from "./quantities.ts";
import { textTable } from "./text-table.ts";

/** A column's title: the role, and how many trained models are behind its numbers where there are several. */
function columnTitle(row: MetricsRow): string {
  return row.stages.length > 1 ? `${row.role} (${row.stages.length} seeds)` : row.role;
}

/** One evaluation in cells: a heading, the titles of the columns, and a row for each metric. */
export interface MetricsCells {
  readonly title: string;
  /** The first is the empty corner above the metrics' names. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function metricsCells(stage: string, { rows, split, sampleCount, names = {} }: Metrics): MetricsCells {
  const present = rows.flatMap((row) => Object.keys(row.metrics));
  const lines = metricOrder(present, names).map((name) => {
    const { label, format } = metricText(name, names);
    const values = rows.map(({ metrics }) => metrics[name]);
    return [label, ...values.map((value) => (value === undefined ? "–" : format(value.mean, value.sd)))];
  });
  if (rows.some(({ runtime }) => runtime !== undefined)) {
    lines.push(["computed by", ...rows.map(({ runtime = "–" }) => runtime)]);
  }
  const title = `${stage}: ${split} split, ${formatCount(sampleCount)} images`;
  return { title, columns: ["", ...rows.map(columnTitle)], rows: lines };
}

/** One evaluation as a table: a line for each metric, a column for each of teacher, student and baseline. */
export function formatMetrics(stage: string, metrics: Metrics): readonly string[] {
  const { title, columns, rows } = metricsCells(stage, metrics);
  const align = columns.map((_, column) => (column === 0 ? ("left" as const) : ("right" as const)));
  const verdict = metrics.verdict === undefined ? [] : [metrics.verdict.text];
  return [title, ...textTable([columns, ...rows], align), ...verdict];
}

/** True for what an `evaluate` stage gives; run records are read back as plain data. */
export function isMetrics(value: unknown): value is Metrics {
  return typeof value === "object" && value !== null && "rows" in value && Array.isArray(value.rows);
}

/** A record's metrics as they were: JSON has no NaN and writes null in its place, which would print as 0. */
export function withNaN(metrics: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const numbers = (row: MetricsRow): MetricsRow => {
    const entries = Object.entries(row.metrics).map(([name, { mean, sd }]) => [name, { mean: mean ?? Number.NaN, sd }]);
    return { ...row, metrics: Object.fromEntries(entries) };
  };
  return Object.fromEntries(
    Object.entries(metrics).map(([stage, value]) => [
      stage,
      isMetrics(value) ? { ...value, rows: value.rows.map(numbers) } : value,
    ]),
  );
}

/** All evaluations of a run, by stage name, with a blank line between them. */
export function formatAllMetrics(metrics: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(metrics).flatMap(([stage, value], index) => {
    const lines = isMetrics(value) ? formatMetrics(stage, value) : [`${stage}: ${JSON.stringify(value)}`];
    return index === 0 ? lines : ["", ...lines];
  });
}
