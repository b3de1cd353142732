import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CheckpointStore } from "../plugins/context.ts";
import { inodeOf } from "./artifact.ts";
import { isErrno, onDisk } from "./disk-errors.ts";
import { namesIn, removeAtOnce, renameToFree, syncFolder, writeDurably } from "./durable.ts";
import { assertName } from "./layout.ts";
import { describeBytes, MANIFEST_FILE, makeManifest, manifestText, readManifest, shortKey } from "./manifest.ts";
import { createScratch } from "./scratch.ts";
import { setAside } from "./set-aside.ts";
import { sha256 } from "./sha256.ts";
import type { Store } from "./store.ts";

/** Beside the numbered folders: the work was forced. */
const FORCED_FILE = "forced";

export type Snapshot = Readonly<Record<string, Uint8Array>>;

export interface Checkpoints extends CheckpointStore {
  /** Moves the last one to a folder of its own, in the place of what is there: the end of work that is committed. */
  moveLast(target: string): Promise<void>;
  /** Forgets those of before: the work is done again although its result is there, also by a run that resumes it. */
  beginForced(): Promise<void>;
  /** Whether work that was forced is not finished yet. */
  isForced(): Promise<boolean>;
  /** Removes all of them: the work is committed. */
  clear(): Promise<void>;
}

/** Checkpoints of the unfinished work of one key, in numbered folders under `checkpoints/<key>/`. */
export function openCheckpoints(store: Store, key: string): Checkpoints {
  assertName(key);
  const { layout } = store;
  const folder = join(layout.checkpoints, key);
  return {
    save: (files) => {
      const bytes = Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
      return onDisk(layout.root, () => save(store, folder, key, files), bytes);
    },
    load: () => onDisk(layout.root, () => load(store, folder, key)),
    moveLast: (target) => onDisk(layout.root, () => moveLast(store, folder, target)),
    beginForced: () =>
      onDisk(layout.root, async () => {
        await removeAtOnce(layout, folder);
        await mkdir(folder);
        await writeFile(join(folder, FORCED_FILE), "");
      }),
    isForced: () =>
      access(join(folder, FORCED_FILE)).then(
        () => true,
        () => false,
      ),
    clear: () => onDisk(layout.root, () => removeAtOnce(layout, folder)),
  };
}

async function save(
  { layout, self }: Store,
  folder: string,
  key: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<void> {
  const scratch = await createScratch(layout, self);
  try {
    const entries = Object.entries(files);
    for (const [name, content] of entries) {
      assertName(name);
      await writeDurably(join(scratch.directory, name), content);
    }
    const described = entries.map(([name, content]) => describeBytes(name, content));
    const manifest = makeManifest({ key, kind: "checkpoint", provider: "kdflow", files: described, references: [] });
    await writeDurably(join(scratch.directory, MANIFEST_FILE), manifestText(manifest));
    await syncFolder(scratch.directory);

    await mkdir(folder, { recursive: true });
    const older = await numbersIn(folder);
    let number = (older[0] ?? 0) + 1;
    while (!(await renameToFree(scratch.directory, join(folder, String(number))))) number++;
    await syncFolder(folder);
    await syncFolder(layout.checkpoints);
    // Only now that the new one is durable may the ones before go.
    for (const each of older) await removeAtOnce(layout, join(folder, String(each)));
  } finally {
    await scratch.remove();
  }
}

async function load(store: Store, folder: string, key: string): Promise<Snapshot | undefined> {
  for (const number of await numbersIn(folder)) {
    const path = join(folder, String(number));
    const inode = await inodeOf(path);
    if (inode === undefined) continue;
    const snapshot = await readSnapshot(path, key);
    if (typeof snapshot !== "string") return snapshot;
    const movedTo = await setAside(store.layout, path, `checkpoint-${key}-${number}`, inode);
    store.warn("checkpointDamaged", {
      message: `a checkpoint of ${shortKey(key)} is damaged: ${snapshot}; work goes on from the one before, if there is one`,
      key,
      movedTo,
    });
  }
  return undefined;
}

async function moveLast({ layout }: Store, folder: string, target: string): Promise<void> {
  const [last] = await numbersIn(folder);
  if (last === undefined) return;
  await mkdir(dirname(target), { recursive: true });
  await removeAtOnce(layout, target);
  await renameToFree(join(folder, String(last)), target);
  await syncFolder(dirname(target));
}

/** The files of a checkpoint, or the reason why it cannot be used. */
export async function readSnapshot(path: string, key: string): Promise<Snapshot | string> {
  const manifest = await readManifest(path, key);
  if (typeof manifest === "string") return manifest;
  const files: Record<string, Uint8Array> = {};
  for (const file of manifest.files) {
    try {
      const content = await readFile(join(path, file.path));
      if (sha256(content) !== file.sha256) return `"${file.path}" has other content than when it was saved`;
      files[file.path] = content;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return `"${file.path}" is missing`;
      throw error;
    }
  }
  return files;
}

/** Whether a run that was to make a result again, although it is there, ended before its time and left that to do. */
export async function isForceUnfinished(store: Store, key: string): Promise<boolean> {
  return (await openCheckpoints(store, key).isForced()) && !(await store.isLocked(key));
}

/** Newest first. */
async function numbersIn(folder: string): Promise<number[]> {
  const names = await namesIn(folder);
  return names
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .map(Number)
    .sort((a, b) => b - a);
}
