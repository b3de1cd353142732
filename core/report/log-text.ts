import type { HookEvents } from "../plugins/hooks.ts";
import { formatNumber } from "./quantities.ts";
import type { Style } from "./style.ts";

type LogEntry = HookEvents["log"];

/**
 * The line of a log entry, or `undefined` where it is not for everybody: `teacher: resumed from …`.
 *
 * @param verbose shows every entry in full: `debug: teacher: checkpoint  epoch 2  step 0`
 */
export function formatLog(entry: LogEntry, verbose: boolean, style: Style): string | undefined {
  const { stage, level, event, data } = entry;
  if (verbose) return [`${style.dim(`${level}:`)} ${stage}: ${event}`, ...fields(data)].join("  ");
  const { message } = data;
  return level === "info" && typeof message === "string" ? `${stage}: ${message}` : undefined;
}

function fields(data: LogEntry["data"]): readonly string[] {
  return Object.entries(data).map(([name, value]) => (name === "message" ? String(value) : `${name} ${text(value)}`));
}

function text(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}
