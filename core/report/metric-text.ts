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

const share = (label: string): MetricText => ({ label, format: withDeviation(100, 2, " %"), isShare: true });
const plain = (label: string): MetricText => ({ label, format: withDeviation(1, 4, "") });

const knownMetrics: Readonly<Record<string, MetricText>> = {
  top1: share("top-1 accuracy"),
  top5: share("top-5 accuracy"),
  perClass: share("mean per-class accuracy"),
  nll: plain("negative log-likelihood"),
  ece: plain("calibration error"),
  agreement: share("agreement with teacher"),
  parameters: { label: "parameters", format: formatCount },
  multiplyAdds: { label: "multiply-adds", format: formatMillions },
  sizeBytes: { label: "size", format: formatBytes },
  latencyMs: { label: "latency at batch 1", format: withDeviation(1, 2, " ms") },
};

/** The metrics that kdflow names, in the order in which they are shown. */
export const knownMetricNames: readonly string[] = Object.keys(knownMetrics);

/** The text of any metric; those of plugins go by their own name. */
export function metricText(name: string): MetricText {
  const known = Object.hasOwn(knownMetrics, name) ? knownMetrics[name] : undefined;
  return known ?? { label: name, format: numberText };
}

function numberText(mean: number, sd: number | null): string {
  return sd === null ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(sd)}`;
}
