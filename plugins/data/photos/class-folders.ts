import { join } from "node:path";
import { allowedHint, KdflowError, type SplitName } from "../../../core/index.ts";
import { className, joinedClassNotes } from "./class-words.ts";
import {
  assertFolder,
  contentOf,
  type FolderContent,
  knownImages,
  type PhotoEntry,
  type PhotoListing,
  photosUnder,
} from "./photo-entries.ts";
import { SkippedFiles } from "./skipped-files.ts";
import { splitFoldersOf } from "./split-folders.ts";

/**
 * Images in one sub-folder per class, or in folders of splits (`train`, and optionally `validation` or `val`, and `test`)
 * with such sub-folders each. Classes are the sorted names of the (training) sub-folders.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_NO_CLASSES, KDF_INPUT_EMPTY for a class without images, KDF_INPUT_CLASSES for
 *   one that only a later split has, and where folders contradict each other
 */
export async function listClassFolders(root: string): Promise<PhotoListing> {
  await assertFolder(root);
  const skipped = new SkippedFiles();
  const content = await contentOf(root, skipped);
  const splits = await splitFoldersOf(root, content, skipped);
  const training = splits.find(({ split }) => split === undefined || split === "train")?.folder ?? root;
  const contents = new Map<string, FolderContent>();
  for (const { folder } of splits) contents.set(folder, folder === root ? content : await contentOf(folder));
  const written = assertClasses(training, contents.get(training)?.folders ?? []);
  const classNames = [...new Set(written.map(className))].sort((a, b) => (a < b ? -1 : 1));
  await assertLevel(training, written);
  const entries: PhotoEntry[] = [];
  const notes: string[] = [];
  for (const { split, folder } of splits) {
    const isTraining = folder === training;
    const folders = contents.get(folder)?.folders ?? [];
    if (!isTraining) assertKnown(folder, folders, classNames);
    // which of the training images are held out is still to be drawn
    const own = await entriesIn(folder, folders, isTraining ? undefined : split, skipped);
    const missing = classNames.filter((name) => !own.some((entry) => entry.className === name));
    const [empty] = missing;
    if (isTraining && empty !== undefined) throw emptyClass(join(folder, nameOf(empty, folders)), empty);
    if (missing.length > 0) notes.push(`"${folder}" has no images of ${missing.map((name) => `"${name}"`).join(", ")}`);
    entries.push(...own);
  }
  const places = [...contents].flatMap(([folder, { folders }]) =>
    folders.map((name) => ({ name, place: `"${join(folder, name)}"` })),
  );
  const stray = strayPhotos(root, content, contents);
  const given = splits.flatMap(({ split }) => (split === undefined || split === "train" ? [] : [split]));
  return {
    classNames,
    entries,
    given: new Set(given),
    notes: [...joinedClassNotes(places), ...stray, ...notes, ...skipped.notes],
  };
}

async function entriesIn(
  folder: string,
  names: readonly string[],
  split: SplitName | undefined,
  skipped: SkippedFiles,
): Promise<PhotoEntry[]> {
  const entries: PhotoEntry[] = [];
  for (const name of names) {
    for (const path of await photosUnder(join(folder, name), skipped)) {
      entries.push({ path, className: className(name), split });
    }
  }
  return entries;
}

/** The folder's own spelling of a class. */
function nameOf(name: string, folders: readonly string[]): string {
  return folders.find((written) => className(written) === name) ?? name;
}

/** Images that lie beside the folders of classes, where no class is theirs. */
function strayPhotos(
  root: string,
  content: FolderContent,
  contents: ReadonlyMap<string, FolderContent>,
): readonly string[] {
  const all = new Map([[root, content], ...contents]);
  return [...all].flatMap(([folder, { photos }]) => {
    const [first] = photos;
    if (first === undefined) return [];
    const count = photos.length === 1 ? "1 image lies" : `${photos.length} images lie`;
    return [`${count} beside the folders of classes and have none, such as "${join(folder, first)}": left out`];
  });
}

function emptyClass(folder: string, className: string): KdflowError {
  return new KdflowError("KDF_INPUT_EMPTY", `class "${className}" has no images: "${folder}"`, {
    hint: [`looked for ${knownImages}`, "add images, or remove the folder"],
  });
}

function assertClasses(folder: string, names: readonly string[]): readonly string[] {
  if (names.length > 0) return names;
  throw new KdflowError("KDF_INPUT_NO_CLASSES", `"${folder}" has no sub-folders, so there are no classes`, {
    hint: [
      "put the images of each class into a sub-folder of the class's name, or name them in a `list`",
      "for images without labels there is `use: images`",
    ],
  });
}

/** @throws KDF_INPUT_NO_CLASSES where the one folder holds folders of classes instead of images */
async function assertLevel(folder: string, [only = "", ...others]: readonly string[]): Promise<void> {
  if (others.length > 0) return;
  const below = await contentOf(join(folder, only));
  if (below.photos.length > 0 || below.folders.length < 2) return;
  const names = below.folders.slice(0, 5).join(", ");
  throw new KdflowError(
    "KDF_INPUT_NO_CLASSES",
    `"${folder}" has "${only}" alone, and one class is none to tell apart`,
    {
      hint: [
        `"${join(folder, only)}" has the sub-folders ${names}${below.folders.length > 5 ? ", …" : ""}`,
        `if these are the classes, let \`root\` end in "${only}"`,
      ],
    },
  );
}

function assertKnown(folder: string, names: readonly string[], classNames: readonly string[]): void {
  const unknown = names.find((name) => !classNames.includes(className(name)));
  if (unknown === undefined) return;
  throw new KdflowError("KDF_INPUT_CLASSES", `"${folder}" has a class "${unknown}" that the training folder lacks`, {
    hint: allowedHint(unknown, classNames, "classes"),
  });
}
