import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";
import { syncFolder } from "./durable.ts";
import { sha256OfHandle } from "./sha256.ts";

/** A file below some folder, with what tells that it was not touched since. */
export interface FileFacts {
  /** Relative, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly mtimeNs: string;
  /** Of the last change, which no program can set back. */
  readonly ctimeNs: string;
  readonly inode: string;
}

export interface HashedFile extends FileFacts {
  readonly sha256: string;
}

/** The facts of one file, or `undefined` where it is no plain file. Throws ENOENT where it is not there. */
export async function factsOf(folder: string, path: string): Promise<FileFacts | undefined> {
  const stats = await lstat(join(folder, path), { bigint: true });
  if (!stats.isFile()) return undefined;
  const { size, mtimeNs, ctimeNs, ino } = stats;
  return { path, bytes: Number(size), mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs), inode: String(ino) };
}

/** Relative paths of everything but folders below `folder`. */
async function pathsBelow(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await pathsBelow(folder, path)));
    else paths.push(path);
  }
  return paths;
}

/**
 * Hashes every file below `folder` and waits until they, and the folders that name them, are on the disk.
 *
 * @throws KDF_PLUGIN_PROVIDER where something is neither file nor folder
 */
export async function hashAndSync(folder: string): Promise<HashedFile[]> {
  const files: HashedFile[] = [];
  const folders = new Set<string>([folder]);
  for (const path of await pathsBelow(folder)) {
    const facts = await factsOf(folder, path);
    if (facts === undefined) {
      throw new KdflowError("KDF_PLUGIN_PROVIDER", `"${path}" in a stage's output is neither a file nor a folder`, {
        hint: "write plain files under outputDir; links and sockets cannot be stored",
      });
    }
    files.push({ ...facts, sha256: await hashAndSyncFile(join(folder, path)) });
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      folders.add(join(folder, path.slice(0, end)));
    }
  }
  for (const each of folders) await syncFolder(each);
  return files;
}

async function hashAndSyncFile(path: string): Promise<string> {
  // Windows syncs only what is open for writing.
  const file: FileHandle = await open(path, process.platform === "win32" ? "r+" : "r");
  try {
    const digest = await sha256OfHandle(file);
    await file.sync();
    return digest;
  } finally {
    await file.close();
  }
}
