import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { KdflowError, type SplitName } from "../../../core/index.ts";

/** One image file and what is known of it without opening it. */
export interface PhotoEntry {
  readonly path: string;
  /** `undefined` where images have no labels. */
  readonly className: string | undefined;
  /** `undefined` where the split is still to be drawn. */
  readonly split: SplitName | undefined;
}

/** Files that a data set is made of, with its classes in order. */
export interface PhotoListing {
  readonly classNames: readonly string[];
  readonly entries: readonly PhotoEntry[];
  /** Splits that the files themselves name; the others are drawn. */
  readonly given: ReadonlySet<SplitName>;
  /** True where no image has a label. */
  readonly unlabelled?: boolean;
}

const extensions = new Set([".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"]);
export const knownExtensions: string = [...extensions].map((name) => name.slice(1)).join(", ");

export function isPhoto(name: string): boolean {
  return extensions.has(extname(name).toLowerCase()) && !name.startsWith(".");
}

/** @throws KDF_INPUT_MISSING_FILE */
export async function assertFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no folder "${folder}"`, {
    hint: "`root` is relative to the pipeline file",
  });
}

/** Paths of all images under a folder, in the order of their names; hidden files and other files are passed over. */
export async function photosUnder(folder: string): Promise<string[]> {
  const entries = await sortedEntries(folder);
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await photosUnder(path)));
    else if (isPhoto(entry.name) && (entry.isFile() || (await isLinkTo("file", entry, path)))) found.push(path);
  }
  return found;
}

/** Names of the sub-folders, links to folders among them, in order. */
export async function subFolders(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await sortedEntries(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() || (await isLinkTo("folder", entry, path))) names.push(entry.name);
  }
  return names;
}

/** By code points, which no locale changes; hidden ones are left out. */
async function sortedEntries(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter(({ name }) => !name.startsWith(".")).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function isLinkTo(what: "file" | "folder", entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  const target = await stat(path).catch(() => undefined);
  return what === "file" ? target?.isFile() === true : target?.isDirectory() === true;
}
