import type { RunRecord } from "../run/run-record.ts";
import { formatDetails } from "./details-text.ts";
import { formatAllMetrics } from "./metrics-table.ts";
import { formatDuration } from "./quantities.ts";
import { shellCommand } from "./shell-quote.ts";
import { textTable } from "./text-table.ts";

/** `2026-01-31 12:00:05`, in universal time. */
export function timeText(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}

/** How long a run took, or a dash where it has not ended. */
export function durationText({ startedAt, endedAt }: RunRecord): string {
  return endedAt === null ? "–" : formatDuration(Date.parse(endedAt) - Date.parse(startedAt));
}

/** A line for each run, in the order given. */
export function formatRuns(runs: readonly RunRecord[]): readonly string[] {
  const rows = runs.map((run) => [run.runId, run.pipeline, run.status, timeText(run.startedAt), durationText(run)]);
  return textTable([["run", "pipeline", "status", "started (UTC)", "took"], ...rows]);
}

/**
 * One run in full: how it was started and how it ended, its stages, its metrics.
 *
 * @param report path of its report, where it has one
 */
export function formatRun(run: RunRecord, report?: string): readonly string[] {
  const facts = textTable([
    ["pipeline", `${run.pipeline} (${run.file})`],
    ["command", shellCommand(["kdflow", ...run.command])],
    ["started", `${timeText(run.startedAt)} UTC, took ${durationText(run)}`],
    ["backend", run.backend],
    ["versions", formatDetails(run.versions)],
    ["status", run.error === null ? run.status : `${run.status}: ${run.error.code}: ${run.error.message}`],
    ...(report === undefined ? [] : [["report", report]]),
  ]);
  const stages = run.stages.map((stage) => [
    stage.stage,
    stage.provider,
    stage.state,
    stage.key?.slice(0, 12) ?? "–",
    stage.state === "reuse" ? "–" : formatDuration(stage.durationMs),
  ]);
  const metrics = formatAllMetrics(run.metrics);
  return [
    run.runId,
    ...facts.map((line) => `  ${line}`),
    "",
    ...textTable([["stage", "provider", "state", "key", "took"], ...stages]),
    ...(metrics.length === 0 ? [] : ["", ...metrics]),
  ];
}
