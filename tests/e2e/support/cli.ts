import { spawn } from "node:child_process";
import { join } from "node:path";

export const repository = join(import.meta.dirname, "../../..");
const cliPath = join(repository, "dist/core/cli/index.js");

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Modules that Node imports first. */
  readonly preload?: readonly string[];
  /** Called with the child right after its start. */
  readonly onStart?: (
    kill: (signal: NodeJS.Signals) => void,
    onText: (listener: (text: string) => void) => void,
  ) => void;
}

/** Runs the built command line as its own process and waits for its end. */
export function kdflow(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const imports = (options.preload ?? []).flatMap((module) => ["--import", module]);
  const child = spawn(process.execPath, [...imports, cliPath, ...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const listeners: ((text: string) => void)[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const listener of listeners) listener(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const listener of listeners) listener(text);
  });
  options.onStart?.(
    (signal) => child.kill(signal),
    (listener) => listeners.push(listener),
  );
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** The events of a `--json` run. */
export function eventsOf(result: CliResult): readonly Record<string, unknown>[] {
  return result.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
