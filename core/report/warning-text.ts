import type { HookEvents } from "../plugins/hooks.ts";
import type { Style } from "./style.ts";

/** `warning: teacher: the message`. */
export function formatWarning({ stage, message }: HookEvents["warning"], style: Style): string {
  return `${style.yellow("warning:")} ${stage === undefined ? "" : `${stage}: `}${message}`;
}
