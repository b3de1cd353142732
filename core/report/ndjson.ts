import { toJson } from "../errors/format.ts";
import type { Hooks } from "../plugins/hooks.ts";
import { tapEvents } from "./tap-events.ts";

/**
 * Sends every event of a run to `write` as plain data. What a warning or a log entry calls itself becomes `name`:
 * on a line, `event` is always the hook's name.
 *
 * @param write gets the event's name and its fields
 */
export function reportAsEvents(hooks: Hooks, write: (name: string, data: object) => void): void {
  tapEvents(hooks, "kdflow:events", (entry) => {
    if (entry.name === "stageFailed") write(entry.name, { ...entry.event, error: toJson(entry.event.error) });
    else if (entry.name === "warning" || entry.name === "log") {
      const { stage, event, ...rest } = entry.event;
      write(entry.name, { stage, name: event, ...rest });
    } else write(entry.name, entry.event);
  });
}
