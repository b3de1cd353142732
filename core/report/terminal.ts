import type { HookEvents, Hooks } from "../plugins/hooks.ts";
import { formatDetails } from "./details-text.ts";
import type { LiveLine } from "./live-line.ts";
import { formatLog } from "./log-text.ts";
import { formatShortPlan, summarisePlan } from "./plan-table.ts";
import { formatProgress, type ProgressTrace, traceProgress } from "./progress-line.ts";
import { formatDuration, formatValues } from "./quantities.ts";
import type { Capabilities, Style } from "./style.ts";
import { type ReportEvent, tapEvents } from "./tap-events.ts";
import { formatWarning } from "./warning-text.ts";

export interface TerminalOptions {
  readonly line: LiveLine;
  readonly capabilities: Capabilities;
  /** Shows every log entry. */
  readonly verbose?: boolean;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

/** Shows a run to people: a redrawn progress line and one line for each finished stage, or plain lines for logs. */
export function reportToTerminal(hooks: Hooks, options: TerminalOptions): void {
  const show = options.capabilities.live ? liveReport(options) : lineReport(options);
  const { line, capabilities, verbose = false } = options;
  tapEvents(hooks, "kdflow:terminal", (entry) => {
    for (const text of commonLines(entry, capabilities.style, verbose)) line.print(text);
    show(entry);
    if (entry.name === "runEnd") line.clear();
  });
}

/** Lines that are the same on terminals and in logs. */
function commonLines({ name, event }: ReportEvent, style: Style, verbose: boolean): readonly string[] {
  if (name === "log") return [formatLog(event, verbose, style)].filter((text) => text !== undefined);
  if (name === "warning") return [formatWarning(event, style)];
  if (name === "runStart") return [`backend ${formatBackend(event)}`];
  if (name === "planned") {
    const notes = event.notes.map((note) => `${style.cyan("note:")} ${note}`);
    const stages = formatShortPlan(event.stages).map((line) => `  ${line}`);
    return [`${style.bold(event.pipeline)}: ${summarisePlan(event.stages)}`, ...stages, ...notes];
  }
  if (name === "runEnd") {
    const words = { ok: "finished", failed: "failed", interrupted: "interrupted" };
    const colour = event.status === "ok" ? style.green : style.red;
    return [`${colour(words[event.status])} after ${formatDuration(event.durationMs)}`];
  }
  return [];
}

function formatBackend({ backend, backendDetails }: HookEvents["runStart"]): string {
  const details = formatDetails(backendDetails);
  return details === "" ? backend : `${backend} (${details})`;
}

/** For terminals: what goes on in the live line, what is over above it. */
function liveReport({
  line,
  capabilities,
  now = () => performance.now(),
}: TerminalOptions): (entry: ReportEvent) => void {
  const { style, glyphs } = capabilities;
  let trace: ProgressTrace | undefined;

  function finish(sign: string, parts: readonly string[]): void {
    line.clear();
    line.print(`${sign} ${parts.filter((part) => part !== "").join("  ")}`);
  }

  return ({ name, event }) => {
    if (name === "stageStart") {
      trace = undefined;
      line.show(() => `${event.stage}  ${event.provider}`);
    } else if (name === "progress") {
      trace = traceProgress(trace, event.stage, event, now());
      const shown = trace;
      line.show((columns) => formatProgress(shown, columns, glyphs));
    } else if (name === "stageEnd") {
      finish(style.green(glyphs.done), [event.stage, formatDuration(event.durationMs)]);
    } else if (name === "stageSkipped") {
      finish(style.dim(glyphs.reused), [event.stage, style.dim("reused")]);
    } else if (name === "stageFailed") {
      finish(style.red(glyphs.failed), [event.stage, "failed"]);
    }
  };
}

/** For logs: a line when a stage starts and ends, and one for each epoch. */
function lineReport({ line }: TerminalOptions): (entry: ReportEvent) => void {
  return ({ name, event }) => {
    if (name === "stageStart") line.print(`${event.stage}: started, ${event.provider}`);
    else if (name === "stageEnd") line.print(`${event.stage}: done in ${formatDuration(event.durationMs)}`);
    else if (name === "stageSkipped") line.print(`${event.stage}: reused`);
    else if (name === "stageFailed") line.print(`${event.stage}: failed`);
    else if (name === "epochEnd") {
      line.print(`${event.stage}: epoch ${event.epoch}/${event.epochs}  ${formatValues(event.values)}`);
    }
  };
}
