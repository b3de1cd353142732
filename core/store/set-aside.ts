import { join } from "node:path";
import type { Log } from "../contracts/log.ts";
import { inodeOf } from "./artifact.ts";
import { isErrno } from "./disk-errors.ts";
import { renameToFree } from "./durable.ts";
import type { StoreLayout } from "./layout.ts";

/** Where the store says what the user should know, though work goes on. */
export type Warn = Log["warn"];

/**
 * Moves a folder to `damaged/<name>-<n>`, so that nothing uses it and a person can still look at it.
 *
 * @param inode of the folder that was found bad; another one in its place is left alone
 * @returns where it is now, or `undefined` where it was gone already, or may not be moved
 */
export async function setAside(
  layout: StoreLayout,
  folder: string,
  name: string,
  inode: bigint,
): Promise<string | undefined> {
  for (let n = 1; ; n++) {
    if ((await inodeOf(folder)) !== inode) return undefined;
    const target = join(layout.damaged, `${name}-${n}`);
    try {
      if (await renameToFree(folder, target)) return target;
    } catch (error) {
      if (isErrno(error, "ENOENT", "EACCES", "EPERM", "EROFS")) return undefined;
      throw error;
    }
  }
}
