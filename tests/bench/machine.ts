import { execFile } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { promisify } from "node:util";

/** Where and of what a measurement was made. */
export interface Machine {
  readonly cpu: string;
  /** Threads that may run at once. */
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  /** Of kdflow; `+` where files differ from it. */
  readonly commit: string;
  /** Processes that wanted to run in the last minute, when the bench began; other work spoils measurements. */
  readonly load: number;
}

export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch} ${release()}`,
    node: process.versions.node,
    commit: await currentCommit(),
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

async function currentCommit(): Promise<string> {
  const git = async (...args: string[]): Promise<string> => (await promisify(execFile)("git", args)).stdout.trim();
  try {
    const changed = await git("status", "--porcelain", "--untracked-files=no");
    return `${await git("rev-parse", "--short", "HEAD")}${changed === "" ? "" : "+"}`;
  } catch {
    return "unknown";
  }
}
