import { join } from "node:path";
import { KdflowError, type SplitName } from "../../../core/index.ts";
import {
  assertFolder,
  knownExtensions,
  type PhotoEntry,
  type PhotoListing,
  photosUnder,
  subFolders,
} from "./photo-entries.ts";

const splitFolders: readonly SplitName[] = ["train", "validation", "test"];

/**
 * Images in one sub-folder per class, or in `train`, and optionally `validation` and `test`, with such sub-folders each.
 * Classes are the sorted names of the (training) sub-folders.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_NO_CLASSES, KDF_INPUT_EMPTY for a class without images, KDF_INPUT_CLASSES for
 *   one that only a later split has
 */
export async function listClassFolders(root: string): Promise<PhotoListing> {
  await assertFolder(root);
  const folders = await subFolders(root);
  if (!folders.includes("train")) {
    const classNames = assertClasses(root, folders);
    return { classNames, entries: await entriesIn(root, classNames, undefined, true), given: new Set() };
  }
  const given = splitFolders.filter((name) => folders.includes(name));
  const classNames = assertClasses(join(root, "train"), await subFolders(join(root, "train")));
  const entries: PhotoEntry[] = [];
  for (const split of given) {
    const folder = join(root, split);
    const own = split === "train" ? classNames : assertKnown(folder, await subFolders(folder), classNames);
    // which of the training images are held out is still to be drawn
    entries.push(...(await entriesIn(folder, own, split === "train" ? undefined : split, split === "train")));
  }
  return { classNames, entries, given: new Set(given.filter((name) => name !== "train")) };
}

async function entriesIn(
  folder: string,
  classNames: readonly string[],
  split: SplitName | undefined,
  allMustHave: boolean,
): Promise<PhotoEntry[]> {
  const entries: PhotoEntry[] = [];
  for (const className of classNames) {
    const paths = await photosUnder(join(folder, className));
    if (paths.length === 0 && allMustHave) throw emptyClass(join(folder, className), className);
    for (const path of paths) entries.push({ path, className, split });
  }
  return entries;
}

function emptyClass(folder: string, className: string): KdflowError {
  return new KdflowError("KDF_INPUT_EMPTY", `class "${className}" has no images: "${folder}"`, {
    hint: [`looked for ${knownExtensions}`, "add images, or remove the folder"],
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

function assertKnown(folder: string, names: readonly string[], classNames: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !classNames.includes(name));
  if (unknown === undefined) return names;
  throw new KdflowError("KDF_INPUT_CLASSES", `"${folder}" has a class "${unknown}" that the training folder lacks`, {
    hint: `classes are ${classNames.slice(0, 10).join(", ")}${classNames.length > 10 ? ", …" : ""}`,
  });
}
