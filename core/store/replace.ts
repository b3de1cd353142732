import { join } from "node:path";
import { isErrno } from "./disk-errors.ts";
import { namesIn, removeTree, renameToFree } from "./durable.ts";
import type { StoreLayout } from "./layout.ts";

/** Start of the names under `tmp/` of results whose successors are being put in their place; the key follows. */
const REPLACED_PREFIX = "replaced-";

/**
 * Puts a finished folder in the place of an artifact. The old one lies aside for the moment between two renames; who
 * looks for it just then, or after a process that died there, puts it back, so it is never lost to anybody.
 */
export async function replaceArtifact(layout: StoreLayout, key: string, directory: string): Promise<void> {
  const target = join(layout.artifacts, key);
  const aside = asideOf(layout, key);
  while (!(await renameToFree(directory, target))) {
    if ((await move(target, aside)) === "taken") await removeTree(aside);
  }
  await removeTree(aside);
}

/**
 * Puts back what was replaced where nothing stands in its place.
 *
 * @returns true where there was something to put back
 */
export async function restoreReplaced(layout: StoreLayout, key: string): Promise<boolean> {
  return (await move(asideOf(layout, key), join(layout.artifacts, key))) === "moved";
}

/** Settles what processes that died while they replaced a result left under `tmp/`. */
export async function settleReplaced(layout: StoreLayout): Promise<void> {
  for (const name of await namesIn(layout.tmp)) {
    if (!name.startsWith(REPLACED_PREFIX)) continue;
    await restoreReplaced(layout, name.slice(REPLACED_PREFIX.length));
    await removeTree(join(layout.tmp, name));
  }
}

async function move(from: string, to: string): Promise<"moved" | "taken" | "nothing"> {
  try {
    return (await renameToFree(from, to)) ? "moved" : "taken";
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "nothing";
    throw error;
  }
}

function asideOf(layout: StoreLayout, key: string): string {
  return join(layout.tmp, `${REPLACED_PREFIX}${key}`);
}
