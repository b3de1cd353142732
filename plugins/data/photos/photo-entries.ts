import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { KdflowError, type SplitName } from "../../../core/index.ts";
import { decodedKinds, imageKindOf } from "./image-kind.ts";
import { SkippedFiles } from "./skipped-files.ts";

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
  /** What was passed over or joined, one sentence each. */
  readonly notes: readonly string[];
}

/** Names of files that are taken for images unseen: what does not decode is told later. */
const extensions = new Set([".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"]);
/** Text that lies beside images, which is not opened to look for one. */
const textEndings = new Set([".txt", ".json", ".xml", ".csv", ".yaml", ".yml", ".md"]);
export const knownImages: string = `${decodedKinds.join(", ")} by content, whatever the ending`;

/** True for a name that ends like that of an image. */
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

/**
 * Paths of all images under a folder, in the order of their names, told by their content where the name does not say it.
 * Links are followed. Hidden files are left out; whatever else is no image is counted.
 */
export async function photosUnder(
  folder: string,
  skipped: SkippedFiles = new SkippedFiles(),
  above: readonly string[] = [],
): Promise<string[]> {
  const within = [...above, await realpath(folder)];
  const found: string[] = [];
  for (const entry of await sortedEntries(folder)) {
    const path = join(folder, entry.name);
    const kind = await entryKind(entry, path);
    if (kind === "folder") {
      if (entry.isSymbolicLink() && leadsBack(await realpath(path), within)) skipped.loop();
      else found.push(...(await photosUnder(path, skipped, within)));
    } else if (kind === "file") {
      if (await holdsImage(entry.name, path)) found.push(path);
      else skipped.noImage(entry.name);
    } else if (kind === "broken link") skipped.brokenLink(path);
    else skipped.special();
  }
  return found;
}

/** Whether a link leads to a folder that the search came through, or above it. */
function leadsBack(target: string, within: readonly string[]): boolean {
  return within.some((folder) => folder === target || folder.startsWith(target + sep));
}

/** What lies directly in a folder. */
export interface FolderContent {
  /** Names of the sub-folders, links to folders among them, in order. */
  readonly folders: readonly string[];
  /** Names of the images, in order. */
  readonly photos: readonly string[];
}

/** Sub-folders and images directly in a folder; hidden ones are left out, and other files without a word. */
export async function contentOf(folder: string, skipped: SkippedFiles = new SkippedFiles()): Promise<FolderContent> {
  const folders: string[] = [];
  const photos: string[] = [];
  for (const entry of await sortedEntries(folder)) {
    const path = join(folder, entry.name);
    const kind = await entryKind(entry, path);
    if (kind === "folder") folders.push(entry.name);
    else if (kind === "broken link") skipped.brokenLink(path);
    else if (kind === "file" && (await holdsImage(entry.name, path))) photos.push(entry.name);
  }
  return { folders, photos };
}

async function holdsImage(name: string, path: string): Promise<boolean> {
  if (isPhoto(name)) return true;
  if (textEndings.has(extname(name).toLowerCase())) return false;
  return (await imageKindOf(path)) !== undefined;
}

/** By code points, which no locale changes; hidden ones are left out. */
async function sortedEntries(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter(({ name }) => !name.startsWith(".")).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function entryKind(entry: Dirent, path: string): Promise<"file" | "folder" | "broken link" | "special"> {
  const found = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (found === undefined) return "broken link";
  return found.isDirectory() ? "folder" : found.isFile() ? "file" : "special";
}
