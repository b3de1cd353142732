import { randomUUID } from "node:crypto";
import { isErrno } from "./disk-errors.ts";
import type { StoreLayout } from "./layout.ts";
import { type Lock, type LockOptions, livingLocks, lockedError, pause, takeLock } from "./lock.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** Held by a collection; while it lives, nobody starts to use the store. */
const COLLECTION = "gc";
const POLL_MS = 100;

/**
 * Announces that a run uses the store, so that no collection removes what it found. Any number may use it at once.
 * The announcement comes first and the look for a collection second, a collection does it the other way round: whatever
 * the timing, at least one of the two sees the other.
 */
export async function useStore(layout: StoreLayout, self: ProcessIdentity, options: LockOptions): Promise<Lock> {
  const use = await takeLock(layout, self, `use-${randomUUID()}`);
  try {
    let told = false;
    for (;;) {
      const collection = (await livingLocks(layout, self)).get(COLLECTION);
      if (collection === undefined) return use;
      if (!told) options.onWait?.(collection.owner);
      told = true;
      await pause(POLL_MS, options.signal);
    }
  } catch (error) {
    await use.release();
    throw error;
  }
}

/**
 * Does work that needs the store for itself.
 *
 * @throws KDF_STORE_LOCKED where a run uses the store
 */
export async function aloneInStore<T>(layout: StoreLayout, self: ProcessIdentity, work: () => Promise<T>): Promise<T> {
  const collection = await takeUnlessFull(layout, self);
  try {
    for (const [name, record] of await livingLocks(layout, self)) {
      if (name !== COLLECTION) throw lockedError(name.startsWith("use-") ? layout.root : name, record);
    }
    return await work();
  } finally {
    await collection?.release();
  }
}

/** On a full disk there is no room for a lock, but then no run can begin either, and making room must be possible. */
async function takeUnlessFull(layout: StoreLayout, self: ProcessIdentity): Promise<Lock | undefined> {
  try {
    return await takeLock(layout, self, COLLECTION);
  } catch (error) {
    if (isErrno(error, "ENOSPC", "EDQUOT")) return undefined;
    throw error;
  }
}
