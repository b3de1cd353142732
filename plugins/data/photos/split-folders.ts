import { join } from "node:path";
import { KdflowError, type SplitName } from "../../../core/index.ts";
import { eachAtOnce } from "./each-at-once.ts";
import { contentOf, type FolderContent, photosUnder } from "./photo-entries.ts";
import type { SkippedFiles } from "./skipped-files.ts";

/** Names that folders of splits have, in lower case. */
const splitWords: Readonly<Record<SplitName, readonly string[]>> = {
  train: ["train", "training"],
  validation: ["validation", "val", "valid", "dev"],
  test: ["test", "testing"],
};

/** The folders that hold class folders: one for each split, or one for all images. */
export type SplitFolders = readonly { readonly split: SplitName | undefined; readonly folder: string }[];

/**
 * Finds out whether folders stand for splits or for classes. A folder that directly holds images is a class, whatever its
 * name, where other folders beside it are none of splits; folders named like splits that hold folders are splits.
 *
 * @throws KDF_INPUT_CLASSES where it cannot be told
 */
export async function splitFoldersOf(
  root: string,
  content: FolderContent,
  skipped: SkippedFiles,
): Promise<SplitFolders> {
  const named = content.folders.flatMap((name) => {
    const split = splitOf(name);
    return split === undefined ? [] : [{ name, split }];
  });
  if (named.length === 0) return [{ split: undefined, folder: root }];
  const others = content.folders.filter((name) => splitOf(name) === undefined);
  const contentsOf = (names: readonly string[]): Promise<FolderContent[]> =>
    eachAtOnce(names, (name) => contentOf(join(root, name), skipped));
  const own = await contentsOf(named.map(({ name }) => name));
  const holdsFolders = own.some(({ folders }) => folders.length > 0);
  if (others.length > 0) {
    const likeSplits = own.some(({ folders, photos }) => folders.length > 0 && photos.length === 0);
    const besideClasses = (await contentsOf(others)).some(({ photos }) => photos.length > 0);
    if (!holdsFolders || (besideClasses && !likeSplits)) return [{ split: undefined, folder: root }];
  }
  if (!holdsFolders && named.length > 1 && !named.some(({ split }) => split === "train")) {
    return [{ split: undefined, folder: root }];
  }
  await assertOthersEmpty(root, others);
  assertDistinct(root, named);
  return named.map(({ name, split }) => ({ split, folder: join(root, name) }));
}

function splitOf(name: string): SplitName | undefined {
  const lower = name.toLowerCase();
  return (["train", "validation", "test"] as const).find((split) => splitWords[split].includes(lower));
}

async function assertOthersEmpty(root: string, others: readonly string[]): Promise<void> {
  for (const name of others) {
    if ((await photosUnder(join(root, name))).length === 0) continue;
    throw new KdflowError("KDF_INPUT_CLASSES", `"${join(root, name)}" has images, and lies beside folders of splits`, {
      hint: [
        `folders of splits are called ${Object.values(splitWords).flat().join(", ")}`,
        "move it elsewhere, or name images and splits in a `list`",
      ],
    });
  }
}

function assertDistinct(root: string, named: readonly { name: string; split: SplitName }[]): void {
  for (const { name, split } of named) {
    const other = named.find((each) => each.split === split && each.name !== name);
    if (other === undefined) continue;
    throw new KdflowError(
      "KDF_INPUT_CLASSES",
      `"${root}" has two folders of one split: "${name}" and "${other.name}"`,
      {
        hint: `both stand for the ${split} split; keep one of them`,
      },
    );
  }
  if (named.some(({ split }) => split === "train")) return;
  const names = named.map(({ name }) => `"${name}"`).join(" and ");
  throw new KdflowError("KDF_INPUT_NO_CLASSES", `"${root}" has folders of splits, ${names}, but none for training`, {
    hint: "name the folder of the training images `train`, or name images and splits in a `list`",
  });
}
