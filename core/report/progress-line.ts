import type { Progress } from "../plugins/context.ts";
import { formatDuration, formatNumber, formatValues } from "./quantities.ts";
import type { Glyphs } from "./style.ts";
import { truncate } from "./text-width.ts";

/** The work of one stage as seen so far; the start moves when the count begins anew. */
export interface ProgressTrace {
  readonly stage: string;
  readonly progress: Progress;
  readonly startedAtMs: number;
  readonly startedDone: number;
  readonly nowMs: number;
}

/** Follows a stage's progress. Work that was done before the first report (a resumed stage) does not count as speed. */
export function traceProgress(
  before: ProgressTrace | undefined,
  stage: string,
  progress: Progress,
  nowMs: number,
): ProgressTrace {
  const goesOn =
    before !== undefined &&
    before.stage === stage &&
    before.progress.unit === progress.unit &&
    before.progress.total === progress.total &&
    before.progress.done <= progress.done;
  if (!goesOn) return { stage, progress, startedAtMs: nowMs, startedDone: progress.done, nowMs };
  return { ...before, progress, nowMs };
}

/** Units per second since the trace began, or `undefined` while too little is known. */
export function speed(trace: ProgressTrace): number | undefined {
  const seconds = (trace.nowMs - trace.startedAtMs) / 1000;
  const done = trace.progress.done - trace.startedDone;
  return seconds > 0 && done > 0 ? done / seconds : undefined;
}

/** Time until `total` at the speed so far. */
export function remainingMs(trace: ProgressTrace): number | undefined {
  const perSecond = speed(trace);
  if (perSecond === undefined) return undefined;
  return (1000 * Math.max(0, trace.progress.total - trace.progress.done)) / perSecond;
}

/** A bar of `columns` characters, filled in proportion. */
export function formatBar(done: number, total: number, columns: number, glyphs: Glyphs): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const full = Math.floor(share * columns);
  return glyphs.full.repeat(full) + glyphs.empty.repeat(columns - full);
}

/** `train  epoch 2/3  ████░░░░  41%  ETA 1m 02s  loss 0.3125  1,843 images/s`, cut to `columns`. */
export function formatProgress(trace: ProgressTrace, columns: number, glyphs: Glyphs): string {
  const { stage, progress } = trace;
  const { done, total, unit, label } = progress;
  const percent = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
  const perSecond = speed(trace);
  const remaining = remainingMs(trace);
  const values = progress.values ?? {};
  const barColumns = columns < 100 ? 12 : 20;
  const knowsSpeed = Object.keys(values).some((name) => name.endsWith("PerSecond"));
  const parts = [
    label === undefined ? stage : `${stage}  ${label}`,
    `${formatBar(done, total, barColumns, glyphs)} ${String(percent).padStart(3)}%`,
    remaining === undefined || done >= total ? "" : `ETA ${formatDuration(remaining)}`,
    formatValues(values),
    perSecond === undefined || knowsSpeed ? "" : `${formatNumber(Number(perSecond.toPrecision(4)))} ${unit}/s`,
  ];
  return truncate(parts.filter((part) => part !== "").join("  "), columns, glyphs.ellipsis);
}
