import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { isErrno } from "./disk-errors.ts";

/** What tells one process from every other, on any machine and at any time. `null` = this system does not say. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Changes with every start of the machine. */
  readonly bootId: string | null;
  /** In clock ticks since that start; tells a process from a later one with the same pid. */
  readonly startTime: string | null;
  /** Containers on one machine may number their processes apart. */
  readonly pidNamespace: string | null;
}

export async function currentProcess(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: await textOf(readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    startTime: (await processStat(process.pid))?.startTime ?? null,
    pidNamespace: await textOf(readlink("/proc/self/ns/pid")),
  };
}

/** Whether another process lives: `unknown` where it cannot be asked from here, on another machine or in a container. */
export async function livenessOf(other: ProcessIdentity, self: ProcessIdentity): Promise<"alive" | "dead" | "unknown"> {
  if (other.host !== self.host) return "unknown";
  if (other.bootId !== null && self.bootId !== null && other.bootId !== self.bootId) return "dead";
  if (other.pidNamespace !== self.pidNamespace) return "unknown";
  if (!pidExists(other.pid)) return "dead";
  const now = await processStat(other.pid);
  if (now === undefined) return "alive";
  if (now.ended || (other.startTime !== null && now.startTime !== other.startTime)) return "dead";
  return "alive";
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, "ESRCH");
  }
}

/** Fields 3 and 22 of `/proc/<pid>/stat`; the name in field 2 may hold spaces and parentheses. */
async function processStat(pid: number): Promise<{ ended: boolean; startTime: string | null } | undefined> {
  const text = await textOf(readFile(`/proc/${pid}/stat`, "utf8"));
  if (text === null) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // A killed process stays listed until its parent has asked for its exit status.
  return { ended: fields[0] === "Z" || fields[0] === "X", startTime: fields[19] ?? null };
}

async function textOf(reading: Promise<string>): Promise<string | null> {
  try {
    return (await reading).trim();
  } catch {
    return null;
  }
}
