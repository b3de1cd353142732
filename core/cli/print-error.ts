import { formatError, toJson } from "../errors/format.ts";
import type { CommandOutput } from "./output.ts";

/** Prints an error for people on stderr, and with `--json` as an `error` event on stdout too. */
export function printError(error: unknown, json: boolean, output: CommandOutput): void {
  if (json) output.event("error", { error: toJson(error) });
  for (const line of formatError(error, { color: output.capabilities.color }).split("\n")) output.say(line);
}
