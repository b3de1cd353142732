import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** True where Python can open pseudo-terminals. */
export const hasPty: boolean = spawnSync("python3", ["-c", "import pty, termios"]).status === 0;

export interface PtyRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly columns: number;
  /** Keys that are typed, each once a text stands on the screen. */
  readonly steps: readonly { readonly wait: string; readonly send: string }[];
  readonly seconds?: number;
}

export interface PtyAnswer {
  /** What stood on the screen before each step's keys. */
  readonly screens: readonly (readonly string[])[];
  readonly last: readonly string[];
  readonly code: number;
}

export const keys = { enter: "\r", down: "\u001b[B", up: "\u001b[A", ctrlC: "\u0003" } as const;

/** Runs a command on a pseudo-terminal and types, as a person would. */
export async function typeAtTerminal(request: PtyRequest): Promise<PtyAnswer> {
  const script = fileURLToPath(new URL("pty-session.py", import.meta.url));
  const child = spawn("python3", [script], { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  child.stdin.end(JSON.stringify({ rows: 40, seconds: 120, env: { CI: "" }, ...request }));
  await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  return JSON.parse(text) as PtyAnswer;
}
