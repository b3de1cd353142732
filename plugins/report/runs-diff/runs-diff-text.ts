import {
  durationText,
  formatDuration,
  isMetrics,
  type MetricDifference,
  type MetricNames,
  type MetricText,
  metricText,
  type Pair,
  type RunRecord,
  type RunsDifference,
  reasonOf,
  type StageDifference,
  textTable,
  timeText,
} from "../../../core/index.ts";

/** Two runs side by side: what was asked for, what was computed and why, what came out, and with which versions. */
export function formatRunsDiff(before: RunRecord, after: RunRecord, diff: RunsDifference): readonly string[] {
  return [
    ...textTable([headOf("before", before), headOf("after", after)]),
    ...section(
      "options",
      diff.options.map((option) => [option.path, pairText(option)]),
    ),
    ...section("stages", stageRows(diff.stages)),
    ...section("metrics", metricRows(diff.metrics, { ...namesOf(before), ...namesOf(after) }), [
      "left",
      "left",
      "left",
      "right",
      "right",
      "right",
    ]),
    ...section(
      "versions",
      diff.versions.map((version) => [version.name, pairText(version)]),
    ),
  ];
}

function headOf(name: string, run: RunRecord): readonly string[] {
  return [name, run.runId, run.pipeline, run.status, timeText(run.startedAt), durationText(run)];
}

/** A section without rows says that nothing differs. */
function section(
  title: string,
  rows: readonly (readonly string[])[],
  align: readonly ("left" | "right")[] = [],
): readonly string[] {
  if (rows.length === 0) return ["", `${title}: no differences`];
  return ["", title, ...textTable(rows, align).map((line) => `  ${line}`)];
}

function pairText({ before, after }: Pair<unknown>): string {
  return `${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function stageRows(stages: readonly StageDifference[]): readonly (readonly string[])[] {
  if (stages.length === 0) return [];
  const rows = stages.flatMap((stage) => {
    const [first = "", ...more] = whyOf(stage);
    const { before, after } = stage.durationMs;
    return [
      [stage.stage, stage.key, timeOf(before), timeOf(after), first],
      ...more.map((reason) => ["", "", "", "", reason]),
    ];
  });
  return [["stage", "key", "before", "after", "why"], ...rows];
}

function whyOf({ key, result, changes, states }: StageDifference): readonly string[] {
  const reasons = changes.map(reasonOf);
  if (key === "same" && result === "different") return ["its result has other content all the same"];
  if (key === "different" && result === "same") return [...reasons, "its result has the same content"];
  const failed = (["before", "after"] as const).filter((run) => states[run] === "failed");
  return [...reasons, ...failed.map((run) => `failed ${run}`)];
}

function timeOf(durationMs: number | undefined): string {
  return durationMs === undefined ? "–" : formatDuration(durationMs);
}

function metricRows(metrics: readonly MetricDifference[], names: MetricNames): readonly (readonly string[])[] {
  if (metrics.length === 0) return [];
  const rows = metrics.map(({ stage, role, metric, before, after, difference }) => {
    const text = metricText(metric, names);
    const cell = (value: number | undefined): string => (value === undefined ? "–" : text.format(value, null));
    return [stage, role, text.label, cell(before), cell(after), differenceText(text, difference)];
  });
  return [["evaluation", "model", "metric", "before", "after", "difference"], ...rows];
}

/** `+1.25 points` for shares, `-0.0312` for others, `0` for none. */
function differenceText({ format, isShare }: MetricText, difference: number | undefined): string {
  if (difference === undefined) return "–";
  if (difference === 0) return "0";
  const sign = difference > 0 ? "+" : "-";
  const size = Math.abs(difference);
  return sign + (isShare === true ? `${(size * 100).toFixed(2)} points` : format(size, null));
}

/** How the metrics of a run are called. */
function namesOf({ metrics }: RunRecord): MetricNames {
  return Object.assign({}, ...Object.values(metrics).map((value) => (isMetrics(value) ? value.names : {})));
}
