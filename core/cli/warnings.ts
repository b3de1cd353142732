import type { Hooks } from "../plugins/hooks.ts";
import { formatWarning } from "../report/warning-text.ts";
import type { CommandOutput } from "./output.ts";

/** Shows warnings of commands that do not report a whole run. */
export function warnOnTerminal(hooks: Hooks, output: CommandOutput): void {
  hooks.warning.tap("kdflow:warnings", (event) => output.say(formatWarning(event, output.capabilities.style)));
}
