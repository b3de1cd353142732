import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { relative } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import type { ScaffoldHost } from "./host.ts";

type Speaker = Pick<ScaffoldHost, "cwd" | "say">;

/** Says in one line what was looked at and why it is of no use. */
export function sayUnusable(path: string, error: unknown, { cwd, say }: Speaker): undefined {
  const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
  const shown = relative(cwd, path).replaceAll("\\", "/") || ".";
  say(`  looked at ${path.startsWith(cwd) ? shown : path}, which cannot be used: ${reason}`);
  return undefined;
}

/** What is in a folder; nothing, with the reason said, where it may not be read. */
export async function entriesOf(folder: string, host: Speaker): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    sayUnusable(folder, error, host);
    return [];
  });
}

/** True where a file is not there that a user brings or installs. */
export function isMissing(error: unknown): error is KdflowError {
  return error instanceof KdflowError && error.code === "KDF_INPUT_MISSING_FILE";
}
