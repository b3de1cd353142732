import { KdflowError } from "../errors/kdflow-error.ts";
import { listArtifacts, type StoredArtifact } from "./artifact.ts";
import { type Collection, type CollectOptions, collect } from "./collect.ts";
import { DigestCache } from "./digest-cache.ts";
import { DISK_FULL, isErrno, onDisk } from "./disk-errors.ts";
import { bytesIn, namesIn } from "./durable.ts";
import { findArtifact, inspectStill, setArtifactAside } from "./find.ts";
import { assertName, layoutOf, type StoreLayout } from "./layout.ts";
import { isLocked, type Lock, type LockOptions, removeDeadLocks, takeLock } from "./lock.ts";
import { makeFolder } from "./make-folder.ts";
import { currentProcess, type ProcessIdentity } from "./process-identity.ts";
import { settleReplaced } from "./replace.ts";
import { createScratch, removeLeftovers, type Scratch } from "./scratch.ts";
import type { Warn } from "./set-aside.ts";
import { verifySnapshots } from "./trajectories.ts";
import { beginTransaction, type Transaction } from "./transaction.ts";
import { aloneInStore, useStore } from "./usage.ts";

export interface StoreOptions {
  /** Told of what was set aside; `context.log.warn` fits. */
  readonly warn?: Warn | undefined;
  /** Only look: make no folder and remove nothing, so that a store that may not be written to can be planned on. */
  readonly look?: boolean | undefined;
}

/** What a full check found about one artifact. */
export interface Verification {
  readonly key: string;
  /** `checkpoint` and `trajectory` for unfinished work and for what longer work can go on from. */
  readonly kind: string | undefined;
  /** Content digest that a damaged one should have, where its manifest still tells. */
  readonly digest?: string | undefined;
  /** Empty for a whole one. */
  readonly problems: readonly string[];
  /** Where a damaged one is now. */
  readonly movedTo: string | undefined;
}

/** Bytes on disk. */
export interface StoreSizes {
  readonly artifacts: number;
  readonly checkpoints: number;
  /** Ends of finished work that longer work can go on from. */
  readonly trajectories: number;
  readonly damaged: number;
}

/** Content-addressed artifacts in one folder, shared by any number of processes. */
export interface Store {
  readonly layout: StoreLayout;
  readonly self: ProcessIdentity;
  readonly warn: Warn;
  /**
   * A usable artifact, to be read: all its content is hashed, once in this process. One that is damaged, or needs one
   * that is, is set aside with a warning.
   */
  find(key: string): Promise<StoredArtifact | undefined>;
  /** As {@link find}, hashing only what was touched since it was last hashed: to plan with, not to read. */
  look(key: string): Promise<StoredArtifact | undefined>;
  begin(key: string): Promise<Transaction>;
  /** Takes the lock of a key; see {@link takeLock}. */
  lock(key: string, options?: LockOptions): Promise<Lock>;
  /** Whether a living process holds the lock of a key. */
  isLocked(key: string): Promise<boolean>;
  /** Keeps collections away from what a run uses; hold it for the whole run. Waits while one is at work. */
  use(options?: LockOptions): Promise<Lock>;
  /** A folder for unfinished work, on the store's file system. */
  scratch(): Promise<Scratch>;
  list(): Promise<readonly StoredArtifact[]>;
  /** Hashes everything, checkpoints and kept ends too, or one artifact. Damaged ones are set aside with a warning. */
  verify(key?: string, signal?: AbortSignal): Promise<readonly Verification[]>;
  /** @throws KDF_STORE_LOCKED where a run uses the store */
  gc(options: CollectOptions): Promise<Collection>;
  sizes(): Promise<StoreSizes>;
  /** SHA-256 of a file outside the store, remembered by path, size, modification time and inode. */
  fileDigest(path: string, signal?: AbortSignal): Promise<string>;
  /** Writes what was remembered. */
  close(): Promise<void>;
}

/**
 * Opens the store in a folder, which is made where it is missing, and removes what dead processes left unfinished.
 *
 * @throws KDF_STORE_UNREADABLE, KDF_STORE_DISK_FULL
 */
export async function openStore(root: string, options: StoreOptions = {}): Promise<Store> {
  const layout = layoutOf(root);
  const warn = options.warn ?? (() => undefined);
  const self = await currentProcess();
  return onDisk(layout.root, async () => {
    if (options.look !== true) {
      await makeFolders(layout);
      await settleReplaced(layout);
      await removeLeftovers(layout, self);
      await removeDeadLocks(layout, self);
    }
    return new DiskStore(layout, self, warn, await DigestCache.open(layout));
  });
}

async function makeFolders({ root, digests: _file, ...folders }: StoreLayout): Promise<void> {
  try {
    for (const folder of Object.values(folders)) await makeFolder(folder);
  } catch (error) {
    if (isErrno(error, ...DISK_FULL)) throw error;
    throw new KdflowError("KDF_STORE_UNREADABLE", `"${root}" cannot be made`, {
      hint: "check the permissions of the folder above it, or set --store to another one",
      cause: error,
    });
  }
}

class DiskStore implements Store {
  readonly layout: StoreLayout;
  readonly self: ProcessIdentity;
  readonly warn: Warn;
  readonly #digests: DigestCache;
  readonly #hashed = new Map<string, string>();

  constructor(layout: StoreLayout, self: ProcessIdentity, warn: Warn, digests: DigestCache) {
    this.layout = layout;
    this.self = self;
    this.warn = warn;
    this.#digests = digests;
  }

  async find(key: string): Promise<StoredArtifact | undefined> {
    assertName(key);
    const look = { mode: "hash", hashed: this.#hashed } as const;
    return this.#guarded(() => findArtifact(this.layout, key, this.warn, look));
  }

  async look(key: string): Promise<StoredArtifact | undefined> {
    assertName(key);
    return this.#guarded(() => findArtifact(this.layout, key, this.warn));
  }

  async begin(key: string): Promise<Transaction> {
    assertName(key);
    return beginTransaction(this.layout, this.self, key, this.warn);
  }

  async lock(key: string, options: LockOptions = {}): Promise<Lock> {
    assertName(key);
    return this.#guarded(() => takeLock(this.layout, this.self, key, options));
  }

  isLocked(key: string): Promise<boolean> {
    return this.#guarded(() => isLocked(this.layout, this.self, key));
  }

  use(options: LockOptions = {}): Promise<Lock> {
    return this.#guarded(() => useStore(this.layout, this.self, options));
  }

  scratch(): Promise<Scratch> {
    return this.#guarded(() => createScratch(this.layout, this.self));
  }

  list(): Promise<readonly StoredArtifact[]> {
    return this.#guarded(() => listArtifacts(this.layout));
  }

  verify(key?: string, signal?: AbortSignal): Promise<readonly Verification[]> {
    return this.#guarded(async () => {
      const results: Verification[] = [];
      for (const each of key === undefined ? await namesIn(this.layout.artifacts) : [key]) {
        const result = await this.#verifyOne(each, signal);
        if (result !== undefined) results.push(result);
      }
      if (key === undefined) results.push(...(await verifySnapshots(this, signal)));
      return results;
    });
  }

  gc(options: CollectOptions): Promise<Collection> {
    const { layout, self } = this;
    return this.#guarded(() => aloneInStore(layout, self, () => collect(layout, options)));
  }

  sizes(): Promise<StoreSizes> {
    return this.#guarded(async () => ({
      artifacts: await bytesIn(this.layout.artifacts),
      checkpoints: await bytesIn(this.layout.checkpoints),
      trajectories: await bytesIn(this.layout.trajectories),
      damaged: await bytesIn(this.layout.damaged),
    }));
  }

  fileDigest(path: string, signal?: AbortSignal): Promise<string> {
    return this.#digests.digestOf(path, signal);
  }

  close(): Promise<void> {
    return this.#digests.save();
  }

  async #verifyOne(key: string, signal: AbortSignal | undefined): Promise<Verification | undefined> {
    assertName(key);
    const found = await inspectStill(this.layout, key, "hash", signal);
    if (found.state === "absent") return undefined;
    if (found.state === "whole") return { key, kind: found.artifact.kind, problems: [], movedTo: undefined };
    const movedTo = await setArtifactAside(this.layout, key, found, this.warn);
    return { key, kind: found.kind, digest: found.digest, problems: found.problems, movedTo };
  }

  #guarded<T>(work: () => Promise<T>): Promise<T> {
    return onDisk(this.layout.root, work);
  }
}
