import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { makeFolder } from "../../../core/index.ts";
import { markerIn, type NativeMarker } from "./cache.ts";

const prefix = ".setup";

/**
 * A new folder beside `target`, named after this process, in which an installation is put together. What dead
 * processes of this machine left behind is removed first.
 */
export async function openBuildFolder(target: string): Promise<string> {
  const parent = dirname(target);
  await makeFolder(parent);
  await removeLeftovers(parent);
  const folder = join(parent, uniqueName());
  await mkdir(folder);
  return folder;
}

/**
 * Makes a finished build the installation, by renaming: a reader sees the old one, none, or the new one. Where another
 * setup was faster, its equal one stays.
 */
export async function publish(folder: string, target: string, marker: NativeMarker): Promise<void> {
  await writeFile(markerIn(folder), `${JSON.stringify(marker)}\n`);
  const old = join(dirname(target), uniqueName());
  const moved = await rename(target, old).then(
    () => true,
    () => false,
  );
  await rename(folder, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  if (moved) await rm(old, { recursive: true, force: true });
}

function uniqueName(): string {
  return [prefix, hostname(), process.pid, randomBytes(4).toString("hex")].join("-");
}

async function removeLeftovers(parent: string): Promise<void> {
  const ours = `${prefix}-${hostname()}-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(ours)) continue;
    const pid = Number(basename(name).slice(ours.length).split("-")[0]);
    if (!isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
