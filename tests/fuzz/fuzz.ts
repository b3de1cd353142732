import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WatchedChild } from "./watched-child.ts";

/** A broken file that was neither read nor refused with an error that says why. */
export interface FuzzFinding {
  readonly number: number;
  readonly outcome: string;
  readonly problem: string | undefined;
}

export interface FuzzResult {
  /** How often each outcome came. */
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly FuzzFinding[];
}

const bad = ["bug", "died", "hangs", "swells"];

/** Reads many broken copies of a format's small files. */
export async function fuzz(format: string, mutations: number, seed = 1): Promise<FuzzResult> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-fuzz-"));
  const child = new WatchedChild();
  const counts: Record<string, number> = {};
  const findings: FuzzFinding[] = [];
  try {
    const whole = await child.ask({ format, seed, number: -1, folder });
    if (whole.outcome !== "read") findings.push({ number: -1, outcome: whole.outcome, problem: whole.problem });
    for (let number = 0; number < mutations; number++) {
      const { outcome, problem } = await child.ask({ format, seed, number, folder });
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (bad.includes(outcome)) findings.push({ number, outcome, problem });
    }
  } finally {
    child.close();
    await rm(folder, { recursive: true, force: true });
  }
  return { counts, findings };
}
