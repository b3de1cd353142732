import { join, resolve } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";

/** The folders and files of a store; all on one file system, so that a rename is atomic. */
export interface StoreLayout {
  /** `.kdflow` itself. */
  readonly root: string;
  /** Committed artifacts, a folder per key. */
  readonly artifacts: string;
  /** What the files of each artifact looked like when they were last hashed; may be lost at any time. */
  readonly stats: string;
  /** Unfinished work of living processes. */
  readonly tmp: string;
  readonly locks: string;
  /** Bad artifacts and checkpoints that were set aside. */
  readonly damaged: string;
  readonly checkpoints: string;
  /** Ends of finished work that longer work can go on from. */
  readonly trajectories: string;
  /** Digests of files outside the store. */
  readonly digests: string;
}

export function layoutOf(root: string): StoreLayout {
  const absolute = resolve(root);
  return {
    root: absolute,
    artifacts: join(absolute, "store"),
    stats: join(absolute, "stat"),
    tmp: join(absolute, "tmp"),
    locks: join(absolute, "locks"),
    damaged: join(absolute, "damaged"),
    checkpoints: join(absolute, "checkpoints"),
    trajectories: join(absolute, "trajectories"),
    digests: join(absolute, "digests.json"),
  };
}

/** Refuses keys and file names that could leave their folder; a bug of the caller, not of the user. */
export function assertName(name: string): void {
  if (!isName(name)) throw new KdflowError("KDF_INTERNAL", `"${name}" cannot be a name in the store`);
}

export function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name);
}
