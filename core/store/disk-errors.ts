import { statfs } from "node:fs/promises";
import { join, sep } from "node:path";
import { KdflowError } from "../errors/kdflow-error.ts";

export const DISK_FULL: readonly string[] = ["ENOSPC", "EDQUOT"];
const NOT_USABLE = ["EACCES", "EPERM", "EROFS", "EIO", "ENOTDIR"];

/** Whether `error` is a system error with one of these codes. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

/**
 * Runs work on the disk and says its failures in kdflow's words.
 *
 * @param folder named in the message; its file system is asked for the space left
 * @param neededBytes how much was to be written, where known
 * @throws KDF_STORE_DISK_FULL, KDF_STORE_UNREADABLE; other errors as they are
 */
export async function onDisk<T>(folder: string, work: () => Promise<T>, neededBytes?: number): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await explainDiskError(error, folder, neededBytes);
  }
}

/**
 * The error to show for one that came from the disk, also when it is the cause of another; else `error` itself.
 * Refused access counts only inside `folder`: outside it, the input that is read is to blame.
 */
export async function explainDiskError(error: unknown, folder: string, neededBytes?: number): Promise<unknown> {
  if (error instanceof KdflowError) return error;
  if (causedBy(error, (found) => isErrno(found, "EMFILE", "ENFILE"))) {
    return new KdflowError("KDF_CLI_OPEN_FILES", "the process may not open more files at once", {
      hint: "allow more, such as `ulimit -n 1024`, and start the command again",
      cause: error,
    });
  }
  const missing = (found: unknown): boolean => isErrno(found, "ENOENT") && isInside(found, folder, false);
  const left = await Promise.all(["tmp", "runs"].map((part) => freeBytes(join(folder, part))));
  if (left.includes(undefined) && causedBy(error, missing)) {
    return new KdflowError("KDF_STORE_UNREADABLE", `"${folder}" is gone: it was deleted while it was in use`, {
      hint: "start the run again: what is not there is computed anew",
      cause: error,
    });
  }
  if (causedBy(error, (found) => isErrno(found, ...DISK_FULL))) {
    const free = await freeBytes(folder);
    const facts = [
      ...(neededBytes === undefined ? [] : [`${megabytes(neededBytes)} needed`]),
      ...(free === undefined ? [] : [`${megabytes(free)} free`]),
    ];
    return new KdflowError(
      "KDF_STORE_DISK_FULL",
      `no space left in "${folder}"${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`,
      {
        hint: ["nothing half-written was kept", "free some space (`kdflow cache gc`), or set --store to another disk"],
        cause: error,
      },
    );
  }
  if (causedBy(error, (found) => isErrno(found, ...NOT_USABLE) && isInside(found, folder))) {
    return new KdflowError("KDF_STORE_UNREADABLE", `"${folder}" cannot be read or written: ${messageOf(error)}`, {
      hint: "check the permissions of the folder, or set --store to another one",
      cause: error,
    });
  }
  return error;
}

function causedBy(error: unknown, matches: (error: unknown) => boolean): boolean {
  if (matches(error)) return true;
  return error instanceof Error && error.cause !== undefined && causedBy(error.cause, matches);
}

function isInside(error: unknown, folder: string, unsaid = true): boolean {
  if (!(error instanceof Error && "path" in error && typeof error.path === "string")) return unsaid;
  return error.path === folder || error.path.startsWith(folder + sep);
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
