import type { MetricName, MetricsRow, Rng, Verdict } from "../../../core/index.ts";
import { bootstrapMeans, type Interval, middleOf } from "./paired-bootstrap.ts";

/** The main metric of each sample, for every model of a role. */
export type SampleScores = Readonly<Record<MetricsRow["role"], readonly ArrayLike<number>[]>>;

/**
 * Says whether the teacher helps: the difference of student and baseline with its 95 % interval, by a bootstrap over
 * the samples, which both models share. Several seeds are drawn anew too.
 *
 * @param rng what the bootstrap draws from; the same one gives the same interval
 * @returns `undefined` without a baseline, or where the metric is no mean over samples
 */
export function verdictOf(
  scores: SampleScores,
  main: string,
  name: MetricName | undefined,
  rng: Rng,
): Verdict | undefined {
  const { teacher, student, baseline } = scores;
  const count = student[0]?.length ?? 0;
  if (name === undefined || count === 0 || baseline.length === 0) return undefined;
  const sign = name.better === "lower" ? -1 : 1;
  const differences = Float64Array.from({ length: count }, (_, i) => sign * (meanAt(student, i) - meanAt(baseline, i)));
  const gain = mean(differences);
  const ofSeeds = [student, baseline].map((models) => Float64Array.from(models, mean));
  const interval = middleOf(bootstrapMeans(differences, ofSeeds, rng));
  const worse = teacher.length > 0 && sign * (mean(teacher[0] ?? []) - mean(Float64Array.from(student, mean))) < 0;
  const text = `${sentence(gain, interval, count, name)}${worse ? "; the teacher itself is worse than its student" : ""}`;
  return { metric: main, gain, interval, text };
}

function sentence(gain: number, [low, high]: Interval, count: number, { label, unit }: MetricName): string {
  const [scale, words] = unit === "share" ? [100, ` points of ${label}`] : [1, ` of ${label}`];
  const digits = unit === "share" ? 1 : 4;
  const signed = (value: number): string => `${value < 0 ? "−" : "+"}${(Math.abs(value) * scale).toFixed(digits)}`;
  const size = `${signed(gain)}${words} (95 %: ${signed(low)} to ${signed(high)})`;
  if (low > 0) return `the teacher helps: ${size}`;
  if (high < 0) return `the student is worse with the teacher than without: ${size}`;
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
