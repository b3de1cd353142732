import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What became of loading a backend in a process of its own. */
export type BackendTrial =
  | { readonly works: true; readonly details: Readonly<Record<string, string | number>> }
  | { readonly works: false; readonly reason: string };

/** Loading TensorFlow takes a second or two; a minute is a hang. */
const patienceMs = 60_000;

/** This file's own ending tells whether sources or the built package run. */
const entry = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "index.ts" : "index.js", import.meta.url));

/** Loads a backend in a child process and lets it compute; a crash of it is an answer, not our end. */
export function tryBackend(id: string): Promise<BackendTrial> {
  const words = [...process.execArgv, entry, "load-backend", id];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { timeout: patienceMs }, (error, stdout, stderr) => {
      resolve(readTrial(stdout) ?? { works: false, reason: failureText(error, stderr) });
    });
  });
}

function readTrial(stdout: string): BackendTrial | undefined {
  const line = stdout.split("\n").find((text) => text.includes('"event":"backendLoaded"'));
  if (line === undefined) return undefined;
  const { correct, details } = JSON.parse(line) as { correct: boolean; details: Record<string, string | number> };
  return correct ? { works: true, details } : { works: false, reason: "it multiplies 2×5 + 3×7 to something else" };
}

function failureText(
  error: (Error & { readonly signal?: string | null; readonly killed?: boolean }) | null,
  stderr: string,
): string {
  if (error?.killed === true) return `it did not load within ${patienceMs / 1000} s`;
  if (error?.signal) return `its process ended by ${error.signal}`;
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => line.includes("KDF_")) ?? lines.at(-1) ?? "its process ended without a word";
}
