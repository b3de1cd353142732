import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./disk-errors.ts";
import { namesIn, REMOVED_PREFIX, removeTree } from "./durable.ts";
import type { StoreLayout } from "./layout.ts";
import { ownedName, ownerLiveness } from "./owned-name.ts";
import { Heartbeat } from "./owner.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** Unfinished work whose owner cannot be asked from here is kept this long after its last heartbeat. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/** A folder for unfinished work, on the store's file system; removed by whoever opens the store should its process die. */
export interface Scratch {
  readonly directory: string;
  remove(): Promise<void>;
}

export async function createScratch(layout: StoreLayout, self: ProcessIdentity): Promise<Scratch> {
  const directory = await createOwnedFolder(layout, self);
  const heartbeat = new Heartbeat(directory);
  return {
    directory,
    remove: async () => {
      heartbeat.stop();
      await removeTree(directory);
    },
  };
}

/** Makes a folder under `tmp/` whose name tells its owner, so that there is no moment at which it has none. */
export async function createOwnedFolder(layout: StoreLayout, self: ProcessIdentity, token?: string): Promise<string> {
  const folder = join(layout.tmp, ownedName(self, token));
  await mkdir(folder);
  return folder;
}

/** Removes what dead processes left under `tmp/`. */
export async function removeLeftovers(layout: StoreLayout, self: ProcessIdentity): Promise<void> {
  for (const name of await namesIn(layout.tmp)) {
    const path = join(layout.tmp, name);
    if (name.startsWith(REMOVED_PREFIX) || (await isLeftover(path, name, self))) await removeTree(path);
  }
}

async function isLeftover(path: string, name: string, self: ProcessIdentity): Promise<boolean> {
  const liveness = await ownerLiveness(name, self);
  return liveness === "unknown" ? isOlderThan(path, KEEP_MS) : liveness === "dead";
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > ageMs;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}
