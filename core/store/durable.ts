import { randomUUID } from "node:crypto";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./disk-errors.ts";
import type { StoreLayout } from "./layout.ts";
import { ownedName } from "./owned-name.ts";
import { currentProcess } from "./process-identity.ts";

/** Writes a new file and waits until it is on the disk. */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until the names in a folder are on the disk. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, "r");
    await folder.sync();
  } catch (error) {
    // Windows and some network file systems cannot sync a folder; there the rename is all we have.
    if (!isErrno(error, "EINVAL", "ENOTSUP", "EISDIR", ...(process.platform === "win32" ? ["EPERM"] : []))) throw error;
  } finally {
    await folder?.close();
  }
}

/**
 * Replaces a file as one: a reader sees the old content or the new. Not synced, for what may be lost. What a process
 * that is killed here leaves under `tmp/` goes with the next start of the store.
 */
export async function replaceFile(layout: StoreLayout, path: string, content: string): Promise<void> {
  const staged = join(layout.tmp, ownedName(await currentProcess()));
  try {
    await writeFile(staged, content);
    await rename(staged, path);
  } catch (error) {
    await rm(staged, { force: true });
    throw error;
  }
}

/**
 * Renames a folder to a name that must be free.
 *
 * @returns false where the new name is taken by a folder with something in it, or by something else
 */
export async function renameToFree(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "EEXIST", "ENOTDIR", ...(process.platform === "win32" ? ["EPERM"] : [])))
      return false;
    throw error;
  }
}

export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** Start of the names under `tmp/` of what is being deleted. */
export const REMOVED_PREFIX = "removed-";

/** Deletes a folder so that it is gone as one for everybody else. Needs no space, so it works on a full disk. */
export async function removeAtOnce(layout: StoreLayout, folder: string): Promise<void> {
  const removed = join(layout.tmp, `${REMOVED_PREFIX}${randomUUID()}`);
  try {
    await rename(folder, removed);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    throw error;
  }
  await removeTree(removed);
}

/** Makes a folder and those above it; what is no folder gives way. */
export async function makeFolderAt(layout: StoreLayout, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    if (!isErrno(error, "EEXIST", "ENOTDIR", "ELOOP")) throw error;
    await removeAtOnce(layout, folder);
    await mkdir(folder, { recursive: true });
  }
}

/** Names in a folder, sorted; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return [];
    throw error;
  }
}

/** Bytes of all files in a folder. Files that vanish meanwhile do not count. */
export async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await namesIn(folder)) {
    const path = join(folder, entry);
    const stats = await lstat(path).catch((error: unknown) => {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    });
    if (stats !== undefined) bytes += stats.isDirectory() ? await bytesIn(path) : stats.size;
  }
  return bytes;
}
