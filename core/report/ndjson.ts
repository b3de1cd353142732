import { toJson } from "../errors/format.ts";
import type { Hooks } from "../plugins/hooks.ts";
import { tapEvents } from "./tap-events.ts";

/**
 * Sends every event of a run to `write` as plain data.
 *
 * @param write gets the event's name and its fields
 */
export function reportAsEvents(hooks: Hooks, write: (name: string, data: object) => void): void {
  tapEvents(hooks, "kdflow:events", (entry) => {
    if (entry.name === "stageFailed") write(entry.name, { ...entry.event, error: toJson(entry.event.error) });
    else write(entry.name, entry.event);
  });
}
