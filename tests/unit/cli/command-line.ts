import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../../../core/cli/main.ts";
import { createOutput } from "../../../core/cli/output.ts";

/** Runs a command line inside this process and collects what it writes. */
export async function kdflow(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  const output = createOutput({
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
    exit: (code) => {
      throw new Error(`left at once with ${code}`);
    },
  });
  const code = await runCommandLine(argv, output);
  return { code, stdout, stderr };
}

/** Events that `--json` wrote, without the fields that every event has. */
export function eventsIn(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { v, time, ...event } = JSON.parse(line) as Record<string, unknown>;
      if (v !== 1 || Number.isNaN(Date.parse(String(time)))) throw new Error(`not an event: ${line}`);
      return event;
    });
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Starts the command line as a process of its own, from the sources. */
export function startKdflow(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  stdout: "pipe" | number = "pipe",
) {
  return startScript("../../../core/cli/index.ts", argv, cwd, env, stdout);
}

/** Starts a TypeScript file in a process of its own. `done` settles when it has ended. */
export function startScript(
  script: string,
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  stdout: "pipe" | number = "pipe",
) {
  const words = ["--import", path("../../../scripts/run-typescript.mjs"), path(script), ...argv];
  const child = spawn(process.execPath, words, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", stdout, "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  const waiting: { text: string; resolve: () => void }[] = [];
  const collect = (name: "stdout" | "stderr") => (text: string) => {
    written[name] += text;
    for (const { text: wanted, resolve } of waiting) if (written[name].includes(wanted)) resolve();
  };
  child.stdout?.setEncoding("utf8").on("data", collect("stdout"));
  child.stderr?.setEncoding("utf8").on("data", collect("stderr"));
  const done = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...written }));
  });
  return {
    child,
    done,
    /** Resolves once a text was written, and also when the process ends without it. */
    wrote: (text: string) => Promise.race([new Promise<void>((resolve) => waiting.push({ text, resolve })), done]),
  };
}
