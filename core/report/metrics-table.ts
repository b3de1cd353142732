import type { Metrics, MetricsRow } from "../contracts/artifacts.ts";
import { formatBytes, formatCount, formatMillions, formatNumber } from "./quantities.ts";
import { textTable } from "./text-table.ts";

interface MetricText {
  readonly label: string;
  /** Text of a mean, and of a deviation where there is one. */
  readonly format: (mean: number, sd: number | null) => string;
}

const withDeviation =
  (scale: number, digits: number, unit: string) =>
  (mean: number, sd: number | null): string => {
    const spread = sd === null ? "" : ` ± ${(sd * scale).toFixed(digits)}`;
    return `${(mean * scale).toFixed(digits)}${spread}${unit}`;
  };

const percent = withDeviation(100, 2, " %");
const plain = withDeviation(1, 4, "");

/** The metrics that kdflow names, in the order in which they are shown. */
const knownMetrics: Readonly<Record<string, MetricText>> = {
  top1: { label: "top-1 accuracy", format: percent },
  top5: { label: "top-5 accuracy", format: percent },
  perClass: { label: "mean per-class accuracy", format: percent },
  nll: { label: "negative log-likelihood", format: plain },
  ece: { label: "calibration error", format: plain },
  agreement: { label: "agreement with teacher", format: percent },
  parameters: { label: "parameters", format: formatCount },
  multiplyAdds: { label: "multiply-adds", format: formatMillions },
  sizeBytes: { label: "size", format: formatBytes },
  latencyMs: { label: "latency at batch 1", format: withDeviation(1, 2, " ms") },
};

const fallback = (name: string): MetricText => ({
  label: name,
  format: (mean, sd) => (sd === null ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(sd)}`),
});

/** Names of all metrics that any row has: the known ones first, others as they come. */
function metricNames(rows: readonly MetricsRow[]): readonly string[] {
  const present = new Set(rows.flatMap((row) => Object.keys(row.metrics)));
  const known = Object.keys(knownMetrics).filter((name) => present.has(name));
  return [...known, ...[...present].filter((name) => !(name in knownMetrics))];
}

/** A column's title: the role, and how many trained models are behind its numbers where there are several. */
function columnTitle(row: MetricsRow): string {
  return row.stages.length > 1 ? `${row.role} (${row.stages.length} seeds)` : row.role;
}

/** One evaluation as a table: a line for each metric, a column for each of teacher, student and baseline. */
export function formatMetrics(stage: string, metrics: Metrics): readonly string[] {
  const { rows } = metrics;
  const lines = metricNames(rows).map((name) => {
    const text = knownMetrics[name] ?? fallback(name);
    return [
      text.label,
      ...rows.map((row) => {
        const value = row.metrics[name];
        return value === undefined ? "–" : text.format(value.mean, value.sd);
      }),
    ];
  });
  const title = `${stage}: ${metrics.split} split, ${formatCount(metrics.sampleCount)} images`;
  const align = ["left" as const, ...rows.map(() => "right" as const)];
  return [title, ...textTable([["", ...rows.map(columnTitle)], ...lines], align)];
}

/** True for what an `evaluate` stage gives; run records are read back as plain data. */
export function isMetrics(value: unknown): value is Metrics {
  return typeof value === "object" && value !== null && "rows" in value && Array.isArray(value.rows);
}

/** All evaluations of a run, by stage name, with a blank line between them. */
export function formatAllMetrics(metrics: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(metrics).flatMap(([stage, value], index) => {
    const lines = isMetrics(value) ? formatMetrics(stage, value) : [`${stage}: ${JSON.stringify(value)}`];
    return index === 0 ? lines : ["", ...lines];
  });
}
