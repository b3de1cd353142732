import { randomUUID } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./disk-errors.ts";
import { namesIn, REMOVED_PREFIX, removeTree } from "./durable.ts";
import type { StoreLayout } from "./layout.ts";
import { Heartbeat } from "./owner.ts";
import { livenessOf, type ProcessIdentity } from "./process-identity.ts";
import { sha256 } from "./sha256.ts";

/** Unfinished folders whose owner cannot be asked from here are kept this long after its last heartbeat. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/** A folder for unfinished work, on the store's file system; removed by whoever opens the store should its process die. */
export interface Scratch {
  readonly directory: string;
  remove(): Promise<void>;
}

export async function createScratch(layout: StoreLayout, self: ProcessIdentity): Promise<Scratch> {
  const directory = await createOwnedFolder(layout, self, randomUUID());
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
export async function createOwnedFolder(layout: StoreLayout, self: ProcessIdentity, token: string): Promise<string> {
  const folder = join(layout.tmp, [machineOf(self), bootOf(self), self.pid, self.startTime, token].join("_"));
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
  const [machine, boot, pid, startTime] = name.split("_");
  if (machine !== machineOf(self) || startTime === undefined) return isOlderThan(path, KEEP_MS);
  if (boot !== bootOf(self)) return true;
  return (await livenessOf({ ...self, pid: Number(pid), startTime: startTime || null }, self)) === "dead";
}

function machineOf({ host, pidNamespace }: ProcessIdentity): string {
  return sha256(`${host} ${pidNamespace}`).slice(0, 8);
}

function bootOf({ bootId }: ProcessIdentity): string {
  return sha256(String(bootId)).slice(0, 8);
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > ageMs;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}
