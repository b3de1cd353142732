import type { Metrics, MetricsRow } from "../../../core/index.ts";
import { markdownTable } from "../markdown-table.ts";

/** What the bench reads of a run's record. */
export interface FinishedRun {
  /** Of `evaluate` (the teacher and the taught student), and of the same student on the labels alone and on pseudo-labels. */
  readonly metrics: Readonly<Record<string, Metrics>>;
  readonly stages: readonly { readonly stage: string; readonly state: string; readonly durationMs: number }[];
}

/** Lines: scores of every role, the gain with its standard error, and how long each stage took that was not reused. */
export function benchTable({ metrics, stages }: FinishedRun): string[] {
  const taught = rowOf(metrics["evaluate"], "student");
  const plain = rowOf(metrics["evaluatePlain"], "student");
  const pseudo = rowOf(metrics["evaluatePseudo"], "student");
  const rows = [
    ["teacher", rowOf(metrics["evaluate"], "teacher")] as const,
    ["student", taught] as const,
    ["the same on pseudo-labels", pseudo] as const,
    ["the same on the labels alone", plain] as const,
  ].map(([name, row]) => [name, words(row, "AP50"), words(row, "AP")]);
  const times = stages.flatMap(({ stage, state, durationMs }) =>
    state === "reuse" || durationMs < 1000 ? [] : [`${stage} ${(durationMs / 1000).toFixed(0)} s`],
  );
  return [
    ...markdownTable(["", "AP50", "AP"], rows),
    "",
    ...["AP50", "AP"].flatMap((name) => [
      `gain in ${name} over the labels alone: ${gain(taught, plain, name)}`,
      `gain in ${name} over pseudo-labels: ${gain(taught, pseudo, name)}`,
    ]),
    `times of what was not reused: ${times.join(", ") || "none"}`,
  ];
}

function rowOf(metrics: Metrics | undefined, role: MetricsRow["role"]): MetricsRow {
  const row = metrics?.rows.find((each) => each.role === role);
  if (row === undefined) throw new Error(`the run has no scores of a ${role}`);
  return row;
}

function words({ metrics }: MetricsRow, name: string): string {
  const { mean = Number.NaN, sd = null } = metrics[name] ?? {};
  return sd === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
}

/** The difference of two means over seeds with its standard error, √(sd²/n + sd²/n). */
function gain(taught: MetricsRow, plain: MetricsRow, name: string): string {
  const [own, other] = [taught, plain].map(({ metrics }) => metrics[name]?.mean ?? Number.NaN);
  const squares = [taught, plain].map(({ metrics, stages }) => {
    return (metrics[name]?.sd ?? Number.NaN) ** 2 / stages.length;
  });
  const difference = (own ?? Number.NaN) - (other ?? Number.NaN);
  const error = Math.sqrt(squares.reduce((sum, each) => sum + each, 0));
  const sure = Number.isNaN(error)
    ? "unknown, one seed"
    : `${error.toFixed(3)}, ${(difference / error).toFixed(1)} standard errors`;
  return `${difference >= 0 ? "+" : "−"}${Math.abs(difference).toFixed(3)} ± ${sure}`;
}
