import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CheckpointStore } from "../plugins/context.ts";
import { inodeOf } from "./artifact.ts";
import { isErrno, onDisk } from "./disk-errors.ts";
import { makeFolderAt, namesIn, removeAtOnce, renameToFree, syncFolder, writeDurably } from "./durable.ts";
import { assertName } from "./layout.ts";
import { describeBytes, MANIFEST_FILE, makeManifest, manifestText, readManifest, shortKey } from "./manifest.ts";
import { readRegularFile, UnfitFileError } from "./regular-file.ts";
import { createScratch } from "./scratch.ts";
import { setAside } from "./set-aside.ts";
import { sha256 } from "./sha256.ts";
import type { Store, Verification } from "./store.ts";

/** Beside the numbered folders: why work is done again although its result is there. */
const FORCED_FILE = "forced";

export type Snapshot = Readonly<Record<string, Uint8Array>>;

export interface Checkpoints extends CheckpointStore {
  /** Moves the last one to a folder of its own, in the place of what is there: the end of work that is committed. */
  moveLast(target: string): Promise<void>;
  /** Forgets those of before: the work is done again although its result is there, also by a run that resumes it. */
  beginForced(why: string): Promise<void>;
  /** Why work is to be done again, until that is finished. */
  whyForced(): Promise<string | undefined>;
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
    beginForced: (why) =>
      onDisk(layout.root, async () => {
        await removeAtOnce(layout, folder);
        await makeFolderAt(layout, folder);
        await writeFile(join(folder, FORCED_FILE), why);
      }),
    whyForced: () => readRegularFile(join(folder, FORCED_FILE), 65_536).then(String, () => undefined),
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

    await makeFolderAt(layout, folder);
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
    const { snapshot } = await readOrSetAside(store, folder, key, number);
    if (snapshot !== undefined) return snapshot;
  }
  return undefined;
}

/** The files of a numbered checkpoint; one that is damaged is set aside with a warning, with its problem as answer. */
async function readOrSetAside(
  store: Store,
  folder: string,
  key: string,
  number: number,
): Promise<{ snapshot?: Snapshot; problem?: string; movedTo?: string | undefined }> {
  const path = join(folder, String(number));
  const inode = await inodeOf(path);
  if (inode === undefined) return {};
  const snapshot = await readSnapshot(path, key);
  if (typeof snapshot !== "string") return { snapshot };
  const movedTo = await setAside(store.layout, path, `checkpoint-${key}-${number}`, inode);
  if (movedTo === undefined) return {};
  store.warn("checkpointDamaged", {
    message: `a checkpoint of ${shortKey(key)} is damaged: ${snapshot}; work goes on from the one before, if there is one`,
    key,
    movedTo,
  });
  return { problem: snapshot, movedTo };
}

/** Hashes every checkpoint of a key; see {@link Store.verify}. */
export async function verifyCheckpoints(store: Store, key: string): Promise<readonly Verification[]> {
  const folder = join(store.layout.checkpoints, key);
  const results: Verification[] = [];
  for (const number of await numbersIn(folder)) {
    const { snapshot, problem, movedTo } = await readOrSetAside(store, folder, key, number);
    if (snapshot === undefined && problem === undefined) continue;
    results.push({ key, kind: "checkpoint", problems: problem === undefined ? [] : [problem], movedTo });
  }
  return results;
}

async function moveLast({ layout }: Store, folder: string, target: string): Promise<void> {
  const [last] = await numbersIn(folder);
  if (last === undefined) return;
  await makeFolderAt(layout, dirname(target));
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
      const content = await readRegularFile(join(path, file.path), file.bytes);
      if (sha256(content) !== file.sha256) return `"${file.path}" has other content than when it was saved`;
      files[file.path] = content;
    } catch (error) {
      if (error instanceof UnfitFileError) return `"${file.path}" ${error.message}`;
      if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return `"${file.path}" is missing`;
      throw error;
    }
  }
  return files;
}

/** Why a result that is there is still to be made again, unless somebody is at it. */
export async function whyAgain(store: Store, key: string): Promise<string | undefined> {
  const why = await openCheckpoints(store, key).whyForced();
  return why !== undefined && (await store.isLocked(key)) ? undefined : why;
}

/** Whether there is something that unfinished work of a key can go on from. */
export async function hasCheckpoint(store: Store, key: string): Promise<boolean> {
  return (await numbersIn(join(store.layout.checkpoints, key))).length > 0;
}

/** Newest first. */
async function numbersIn(folder: string): Promise<number[]> {
  const names = await namesIn(folder);
  return names
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .map(Number)
    .sort((a, b) => b - a);
}
