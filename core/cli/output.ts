import { HiddenValues } from "../config/hidden-values.ts";
import type { ExitCode } from "../errors/catalogue.ts";
import { printable, printableJson } from "../errors/printable.ts";
import { eventLine } from "../report/event-line.ts";
import { createLiveLine, type LiveLine, type TextStream } from "../report/live-line.ts";
import { type Capabilities, detectCapabilities } from "../report/style.ts";
import { wrapText } from "../report/wrap-text.ts";

/** A stream that a process was started with. */
export interface OutputStream extends TextStream {
  readonly isTTY?: boolean | undefined;
}

/** Where a command writes and what it knows of its surroundings. Results go to stdout, words for people to stderr.
 * Here, and nowhere else, text is made safe to print: what terminals act on is spelled out. */
export interface CommandOutput {
  /** Writes one line of a result. */
  result(line: string): void;
  /** The same for prose and tables, which on a terminal are wrapped at its width. */
  prose(line: string): void;
  /** Writes one event as a line of JSON: a result for programs. */
  event(name: string, data: object): void;
  /** Writes one line for people. */
  say(line: string): void;
  /** The last, redrawn line of stderr. */
  readonly line: LiveLine;
  readonly capabilities: Capabilities;
  /** Values that are printed by name only; the pipeline that is loaded adds its own. */
  readonly hidden: HiddenValues;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the process at once. */
  exit(code: ExitCode): void;
}

export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exit: (code: ExitCode) => void;
}

export function createOutput({ stdout, stderr, env, exit }: OutputOptions): CommandOutput {
  const capabilities = detectCapabilities(stderr, env);
  const hidden = new HiddenValues();
  const line = createLiveLine(stderr, capabilities.live, undefined, (text) => hidden.text(text));
  const result = (text: string): void => void stdout.write(`${printable(hidden.text(text))}\n`);
  return {
    prose: (text) => wrapText(text, stdout.isTTY === true ? stdout.columns : undefined).forEach(result),
    result,
    event: (name, data) => void stdout.write(`${printableJson(hidden.text(eventLine(name, data).trimEnd()))}\n`),
    say: (text) => line.print(text),
    hidden,
    line,
    capabilities,
    env,
    exit,
  };
}
