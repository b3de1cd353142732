import type { MetricsRow } from "../../../core/index.ts";

/** Numbers of one model. */
export type Scores = Readonly<Record<string, number>>;

/** Whose numbers they are. */
interface Scorable {
  readonly role: MetricsRow["role"];
  readonly stage: string;
}

/** One row per role; numbers over several stages become mean and standard deviation (n − 1). */
export function rowsOf(contestants: readonly Scorable[], scored: readonly Scores[]): MetricsRow[] {
  return (["teacher", "student", "baseline"] as const).flatMap((role) => {
    const indices = contestants.flatMap((contestant, i) => (contestant.role === role ? [i] : []));
    if (indices.length === 0) return [];
    const stages = indices.map((i) => contestants[i]?.stage ?? role);
    const names = Object.keys(scored[indices[0] as number] ?? {});
    const metrics = names.map(
      (name) => [name, meanAndSd(indices.map((i) => scored[i]?.[name] ?? Number.NaN))] as const,
    );
    return [{ role, stages, metrics: Object.fromEntries(metrics) }];
  });
}

function meanAndSd(values: readonly number[]): { mean: number; sd: number | null } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}
