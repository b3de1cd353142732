import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { isErrno } from "./disk-errors.ts";

/** Largest JSON file of a store that is read: far above what kdflow writes. */
export const largestJson: number = 256 * 1024 * 1024;

/** Why a path cannot be read though something is there: no plain file, or larger than the limit. */
export class UnfitFileError extends Error {
  override readonly name = "UnfitFileError";
  readonly tooLarge: boolean;

  constructor(message: string, tooLarge = false) {
    super(message);
    this.tooLarge = tooLarge;
  }
}

/**
 * Opens a file for reading. Never waits for the other end of a pipe.
 *
 * @throws UnfitFileError for folders, pipes, sockets, devices and links that lead nowhere; system errors else
 */
export async function openRegularFile(path: string): Promise<{ readonly file: FileHandle; readonly bytes: number }> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    if (isErrno(error, "ELOOP")) throw new UnfitFileError("is a link that leads back to itself");
    if (isErrno(error, "ENXIO", "ENODEV")) throw new UnfitFileError("is not a plain file");
    throw error;
  });
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw new UnfitFileError("is a folder, not a file");
    if (!stats.isFile()) throw new UnfitFileError("is not a plain file");
    return { file, bytes: stats.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads a whole file of at most `maxBytes`. @throws UnfitFileError, and system errors such as ENOENT */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  const { file, bytes } = await openRegularFile(path);
  try {
    if (bytes > maxBytes) throw new UnfitFileError(`has ${bytes} bytes, more than the ${maxBytes} that are read`, true);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** @throws UnfitFileError, SyntaxError, and system errors such as ENOENT */
export async function readJsonFile(path: string, maxBytes: number = largestJson): Promise<unknown> {
  return JSON.parse((await readRegularFile(path, maxBytes)).toString("utf8")) as unknown;
}
