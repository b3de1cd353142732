import { stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./disk-errors.ts";
import { namesIn, writeDurably } from "./durable.ts";
import { livenessOf, type ProcessIdentity } from "./process-identity.ts";
import { readRegularFile } from "./regular-file.ts";

/** The process behind a lock. */
export interface Owner extends ProcessIdentity {
  /** ISO time. */
  readonly since: string;
}

/** The record of an owner inside the lock's folder: `owner-<token>.json`. */
export interface OwnerRecord {
  readonly path: string;
  /** `undefined` where the record cannot be read as one. */
  readonly owner: Owner | undefined;
  /** How long ago its heartbeat, the record's modification time, was. */
  readonly silenceMs: number;
}

export async function writeOwner(folder: string, token: string, self: ProcessIdentity): Promise<void> {
  const owner: Owner = { ...self, since: new Date().toISOString() };
  await writeDurably(join(folder, ownerFile(token)), `${JSON.stringify(owner)}\n`);
}

export function ownerFile(token: string): string {
  return `owner-${token}.json`;
}

/** The owner's record in a folder, or `undefined` where there is none (any more). */
export async function readOwner(folder: string): Promise<OwnerRecord | undefined> {
  try {
    const name = (await namesIn(folder)).find((entry) => entry.startsWith("owner-"));
    if (name === undefined) return undefined;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    return {
      path,
      owner: parseOwner(await readRegularFile(path, 65_536).catch(() => undefined)),
      silenceMs: Date.now() - mtimeMs,
    };
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Whether an owner is gone. One that cannot be asked from here is gone after `silenceMs` without a heartbeat. */
export async function isGone(record: OwnerRecord, self: ProcessIdentity, silenceMs: number): Promise<boolean> {
  const liveness = record.owner === undefined ? "unknown" : await livenessOf(record.owner, self);
  return liveness === "unknown" ? record.silenceMs > silenceMs : liveness === "dead";
}

const HEARTBEAT_MS = 10_000;

/** Touches a path now and then until it is stopped; does not keep the process alive. */
export class Heartbeat {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  #lost = false;

  constructor(path: string, everyMs: number = HEARTBEAT_MS) {
    this.#path = path;
    this.#timer = setInterval(() => void this.#beat(), everyMs).unref();
  }

  /** True once the path is gone. */
  get lost(): boolean {
    return this.#lost;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    const now = new Date();
    try {
      await utimes(this.#path, now, now);
    } catch (error) {
      // Any other failure of a heartbeat may be over by the next one.
      if (isErrno(error, "ENOENT")) this.#lost = true;
    }
  }
}

function parseOwner(text: Buffer | undefined): Owner | undefined {
  try {
    const owner = JSON.parse(String(text)) as Partial<Owner> | null;
    if (typeof owner?.pid !== "number" || typeof owner.host !== "string" || typeof owner.since !== "string") {
      return undefined;
    }
    const { pid, host, since, bootId = null, startTime = null, pidNamespace = null } = owner;
    return { pid, host, since, bootId, startTime, pidNamespace };
  } catch {
    return undefined;
  }
}
