import type { MetricName } from "../contracts/task.ts";
import { formatBytes, formatCount, formatMillions, formatNumber } from "./quantities.ts";

/** How a metric is called and written. */
export interface MetricText {
  readonly label: string;
  /** Text of a mean, and of a deviation where there is one. */
  readonly format: (mean: number, sd: number | null) => string;
  /** True for fractions of 1 that are written in percent. */
  readonly isShare?: boolean;
}

const withDeviation =
  (scale: number, digits: number, unit: string) =>
  (mean: number, sd: number | null): string => {
    const spread = sd === null ? "" : ` ± ${(sd * scale).toFixed(digits)}`;
    return `${(mean * scale).toFixed(digits)}${spread}${unit}`;
  };

const percent = withDeviation(100, 2, " %");

/** A share below zero stands for none: there was nothing to take it of. */
const share = (label: string): MetricText => ({
  label,
  format: (mean, sd) => (mean < 0 ? "–" : percent(mean, sd)),
  isShare: true,
});
const plain = (label: string): MetricText => ({ label, format: withDeviation(1, 4, "") });

/** What a model costs; scores are named by its task. */
const costs: Readonly<Record<string, MetricText>> = {
  parameters: { label: "parameters", format: formatCount },
  multiplyAdds: { label: "multiply-adds", format: formatMillions },
  sizeBytes: { label: "size", format: formatBytes },
  latencyMs: { label: "latency at batch 1", format: withDeviation(1, 2, " ms") },
  latencyBoxesMs: { label: "with decoding and NMS", format: withDeviation(1, 2, " ms") },
};

/** How a task's metrics are called. */
export type MetricNames = Readonly<Record<string, MetricName>>;

/** Metrics in the order in which they are shown: scores, costs, then others as they come. */
export function metricOrder(present: Iterable<string>, names: MetricNames): readonly string[] {
  const there = new Set(present);
  const known = [...Object.keys(names), ...Object.keys(costs)];
  return [...known.filter((name) => there.has(name)), ...[...there].filter((name) => !known.includes(name))];
}

/** The text of any metric; what nobody names goes by its own name. */
export function metricText(name: string, names: MetricNames): MetricText {
  const { label, unit } = (Object.hasOwn(names, name) ? names[name] : undefined) ?? {};
  if (label !== undefined) return unit === "share" ? share(label) : plain(label);
  return (Object.hasOwn(costs, name) ? costs[name] : undefined) ?? { label: name, format: numberText };
}

function numberText(mean: number, sd: number | null): string {
  return sd === null ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(sd)}`;
}
