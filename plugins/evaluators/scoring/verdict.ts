import type { MetricName, MetricsRow, Verdict } from "../../../core/index.ts";

/** The main metric of each sample, for every model of a role. */
export type SampleScores = Readonly<Record<MetricsRow["role"], readonly ArrayLike<number>[]>>;

/** Standard errors from which on a difference is taken to be one. */
const clear = 2;

/**
 * Says whether the teacher helps: the difference of student and baseline, paired over samples and averaged over seeds, with
 * its standard error. Several seeds add what they differ by: √(s²/n + Σ roles sd²/seeds) for the samples' deviation s.
 *
 * @returns `undefined` without a baseline, or where the metric is no mean over samples
 */
export function verdictOf(scores: SampleScores, main: string, name: MetricName | undefined): Verdict | undefined {
  const { teacher, student, baseline } = scores;
  const count = student[0]?.length ?? 0;
  if (name === undefined || count === 0 || baseline.length === 0) return undefined;
  const sign = name.better === "lower" ? -1 : 1;
  const differences = Float64Array.from({ length: count }, (_, i) => sign * (meanAt(student, i) - meanAt(baseline, i)));
  const gain = mean(differences);
  const ofSamples = variance(differences) / count;
  const ofSeeds = [student, baseline].map((models) => variance(Float64Array.from(models, mean)) / models.length);
  const standardError = Math.sqrt(ofSamples + ofSeeds.reduce((sum, each) => sum + each, 0));
  const worse = teacher.length > 0 && sign * (mean(teacher[0] ?? []) - mean(Float64Array.from(student, mean))) < 0;
  const text = `${sentence(gain, standardError, count, name)}${worse ? "; the teacher itself is worse than its student" : ""}`;
  return { metric: main, gain, standardError, text };
}

function sentence(gain: number, standardError: number, count: number, { label, unit }: MetricName): string {
  const [scale, words] = unit === "share" ? [100, ` points of ${label}`] : [1, ` of ${label}`];
  const digits = unit === "share" ? 1 : 4;
  const size = `${gain < 0 ? "−" : "+"}${(Math.abs(gain) * scale).toFixed(digits)} ± ${(standardError * scale).toFixed(digits)}${words}`;
  if (gain > clear * standardError) return `the teacher helps: ${size}`;
  if (gain < -clear * standardError) return `the student is worse with the teacher than without: ${size}`;
  return `no difference can be told from ${count} images: ${size}`;
}

function meanAt(models: readonly ArrayLike<number>[], sample: number): number {
  return models.reduce((sum, values) => sum + (values[sample] ?? Number.NaN), 0) / models.length;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? Number.NaN;
  return sum / values.length;
}

/** Of a sample, over n − 1; 0 for one value. */
function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] ?? Number.NaN) - middle) ** 2;
  return sum / (values.length - 1);
}
