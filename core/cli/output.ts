import type { ExitCode } from "../errors/catalogue.ts";
import { eventLine } from "../report/event-line.ts";
import { createLiveLine, type LiveLine, type TextStream } from "../report/live-line.ts";
import { type Capabilities, detectCapabilities } from "../report/style.ts";

/** A stream that a process was started with. */
export interface OutputStream extends TextStream {
  readonly isTTY?: boolean | undefined;
}

/** Where a command writes and what it knows of its surroundings. Results go to stdout, words for people to stderr. */
export interface CommandOutput {
  /** Writes one line of a result. */
  result(line: string): void;
  /** Writes one event as a line of JSON: a result for programs. */
  event(name: string, data: object): void;
  /** Writes one line for people. */
  say(line: string): void;
  /** The last, redrawn line of stderr. */
  readonly line: LiveLine;
  readonly capabilities: Capabilities;
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
  const line = createLiveLine(stderr, capabilities.live);
  return {
    result: (text) => void stdout.write(`${text}\n`),
    event: (name, data) => void stdout.write(eventLine(name, data)),
    say: (text) => line.print(text),
    line,
    capabilities,
    env,
    exit,
  };
}
