import { randomUUID } from "node:crypto";
import { rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { KdflowError } from "../errors/kdflow-error.ts";
import { isErrno } from "./disk-errors.ts";
import { namesIn, removeTree, renameToFree } from "./durable.ts";
import type { StoreLayout } from "./layout.ts";
import { Heartbeat, isGone, type Owner, type OwnerRecord, ownerFile, readOwner, writeOwner } from "./owner.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { createOwnedFolder } from "./scratch.ts";

/** After this long without a heartbeat, a lock of another machine is taken over. */
const LOCK_SILENCE_MS = 120_000;
const POLL_MS = 250;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Given: wait for a living owner, who is named once. Not given: throw. */
  readonly onWait?: ((owner: Owner | undefined) => void) | undefined;
}

export interface Lock {
  readonly name: string;
  /** True once another process has taken it over, after this one was silent for too long. */
  readonly lost: boolean;
  release(): Promise<void>;
}

/**
 * Takes the lock `locks/<name>/`, a folder that holds its owner's record under a name used once.
 *
 * A lock is taken by renaming a finished folder onto that name, which fails while a record is inside. A dead owner's
 * record is removed by its own name, so whoever comes late removes nothing that is not dead, and an empty folder is
 * free to all: of any number of processes exactly one wins, and none can leave a state that the next cannot resolve.
 *
 * @throws KDF_STORE_LOCKED naming the owner; the reason of `signal`
 */
export async function takeLock(
  layout: StoreLayout,
  self: ProcessIdentity,
  name: string,
  options: LockOptions = {},
): Promise<Lock> {
  const token = randomUUID();
  const folder = join(layout.locks, name);
  const staged = await createOwnedFolder(layout, self, token);
  try {
    await writeOwner(staged, token, self);
    let named: string | undefined;
    while (!(await renameToFree(staged, folder))) {
      options.signal?.throwIfAborted();
      const record = await readOwner(folder);
      if (record === undefined) {
        await removeEmpty(folder);
      } else if (await isGone(record, self, LOCK_SILENCE_MS)) {
        await removeRecord(record.path);
      } else {
        if (options.onWait === undefined) throw lockedError(name, record);
        if (named !== record.path) options.onWait(record.owner);
        named = record.path;
        await pause(POLL_MS, options.signal);
      }
    }
  } catch (error) {
    await removeTree(staged);
    throw error;
  }
  return new HeldLock(name, folder, token);
}

/** Records of the locks whose owners live, by name. */
export async function livingLocks(
  layout: StoreLayout,
  self: ProcessIdentity,
): Promise<ReadonlyMap<string, OwnerRecord>> {
  const living = new Map<string, OwnerRecord>();
  for (const name of await namesIn(layout.locks)) {
    const record = await readOwner(join(layout.locks, name));
    if (record !== undefined && !(await isGone(record, self, LOCK_SILENCE_MS))) living.set(name, record);
  }
  return living;
}

/** Whether a living process, be it this one, holds a lock. */
export async function isLocked(layout: StoreLayout, self: ProcessIdentity, name: string): Promise<boolean> {
  const record = await readOwner(join(layout.locks, name));
  return record !== undefined && !(await isGone(record, self, LOCK_SILENCE_MS));
}

/** Removes locks whose owners are gone; without it, locks with a name used once would pile up. */
export async function removeDeadLocks(layout: StoreLayout, self: ProcessIdentity): Promise<void> {
  for (const name of await namesIn(layout.locks)) {
    const folder = join(layout.locks, name);
    const record = await readOwner(folder);
    if (record === undefined || !(await isGone(record, self, LOCK_SILENCE_MS))) continue;
    await removeRecord(record.path);
    await removeEmpty(folder);
  }
}

/** Waits; throws the signal's own reason once it is aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

export function lockedError(name: string, { owner, silenceMs }: OwnerRecord): KdflowError {
  const who = owner === undefined ? "another process" : `process ${owner.pid} on "${owner.host}"`;
  const since = owner === undefined ? "" : ` since ${owner.since}`;
  return new KdflowError("KDF_STORE_LOCKED", `"${name}" is locked by ${who}${since}`, {
    hint: [
      "wait until that run has ended, or stop it; a lock is free as soon as its process is gone",
      `its last sign of life was ${Math.max(0, Math.round(silenceMs / 1000))} s ago; a process that cannot be asked from here counts as gone after ${LOCK_SILENCE_MS / 1000} s`,
    ],
  });
}

class HeldLock implements Lock {
  readonly name: string;
  readonly #folder: string;
  readonly #record: string;
  readonly #heartbeat: Heartbeat;

  constructor(name: string, folder: string, token: string) {
    this.name = name;
    this.#folder = folder;
    this.#record = join(folder, ownerFile(token));
    this.#heartbeat = new Heartbeat(this.#record);
  }

  get lost(): boolean {
    return this.#heartbeat.lost;
  }

  async release(): Promise<void> {
    this.#heartbeat.stop();
    await removeRecord(this.#record);
    await removeEmpty(this.#folder);
  }
}

async function removeRecord(path: string): Promise<void> {
  await ignoring(unlink(path), "ENOENT");
}

/** Removes a lock's folder, unless the next owner is already inside. */
async function removeEmpty(folder: string): Promise<void> {
  await ignoring(rmdir(folder), "ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR");
  // Nobody but a mishap puts a file in the place of a lock.
  await ignoring(unlink(folder), "ENOENT", "EISDIR", "EPERM");
}

async function ignoring(work: Promise<void>, ...codes: readonly string[]): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isErrno(error, ...codes)) throw error;
  }
}
