import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export type CommandResult =
  | { readonly ok: true; readonly output: string }
  /** `output` is the end of what the command printed; `missing` says that there is no such program. */
  | { readonly ok: false; readonly missing: boolean; readonly output: string };

/** How much of a command's output is kept, from its end. */
const keptCharacters = 16_384;

/** Runs a program to its end. Never throws. */
export function runCommand(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString("utf8")).slice(-keptCharacters);
    };
    const child = spawn(program, args, {
      signal,
      stdio: ["ignore", "pipe", "pipe"],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    });
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error: NodeJS.ErrnoException) => {
      resolve({ ok: false, missing: error.code === "ENOENT", output: output || error.message });
    });
    child.on("close", (code) => resolve(code === 0 ? { ok: true, output } : { ok: false, missing: false, output }));
  });
}

/** The first program of a list that answers to `--version`. */
export async function findProgram(
  names: readonly (string | undefined)[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const name of names) {
    if (name && (await runCommand(name, ["--version"], { signal })).ok) return name;
  }
  return undefined;
}

/** The last lines of a command's output that say something, for a reason of one line. */
export function lastWords(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^npm (warn|notice|error (A complete log|command|path|code \d))/.test(line));
  const telling = lines.filter((line) => /error|fail|no space|not found|denied|refused/i.test(line));
  return (telling.length > 0 ? telling : lines).slice(-2).join("; ").slice(0, 400);
}
