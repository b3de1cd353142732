import { basename, dirname, join, resolve } from "node:path";
import { KdflowError, type SplitName } from "../../../core/index.ts";
import type { Box } from "../../tasks/detection/boxes.ts";
import { eachAtOnce } from "../photos/each-at-once.ts";
import { everyMistake } from "../samples/every-mistake.ts";
import { readTextFile } from "../samples/text-file.ts";
import { type BoxEntry, type BoxListing, joinSplits } from "./box-listing.ts";
import { type BoxesOptions, type ListedOptions, type SplitSource, setsOf } from "./box-options.ts";
import { type CocoInstances, parseCocoInstances } from "./coco-instances.ts";
import { placeInJson } from "./json-text.ts";
import { cocoBoxes } from "./labelled-boxes.ts";
import { firstThere, under } from "./photo-finder.ts";

export interface CocoOptions extends BoxesOptions {
  readonly train?: SplitSource;
  readonly photos?: string;
}

interface CocoFile {
  readonly file: string;
  readonly text: string;
  readonly instances: CocoInstances;
}

/**
 * Photos with COCO's instances JSON, one or more files for each split. Classes are the categories of all files, in the
 * order of ids; a category keeps its name where ids differ between files.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_CLASSES, KDF_PLAN_OPTIONS without any file
 */
export async function listCoco(options: ListedOptions<CocoOptions>, baseDir: string): Promise<BoxListing> {
  const root = resolve(baseDir, options.root);
  const files = new Map<SplitName, CocoFile[]>();
  const named = (["train", "validation", "test"] as const).flatMap((split) =>
    setsOf(options[split]).map((name) => ({ split, name })),
  );
  const read = await everyMistake(named, ({ name }) => readInstances(under(root, name)));
  for (const [at, { split }] of named.entries())
    files.set(
      split,
      [...(files.get(split) ?? []), read[at]].flatMap((file) => file ?? []),
    );
  if (files.size === 0) {
    throw new KdflowError("KDF_PLAN_OPTIONS", "no instances file is named", {
      hint: "name one as `train`, `validation` or `test`: `test: annotations/instances_val2017.json`",
    });
  }
  const names = [...files.values()].flat().flatMap(({ instances }) => instances.categories.map(({ name }) => name));
  const classNames = [...new Set(names)];
  const splits: Partial<Record<SplitName, readonly BoxEntry[]>> = {};
  for (const [split, own] of files) {
    const entries = await Promise.all(own.map((file) => entriesOf(file, root, options.photos, classNames)));
    splits[split] = entries.flat();
  }
  return joinSplits(classNames, splits, []);
}

async function readInstances(file: string): Promise<CocoFile> {
  const text = await readTextFile(file, "files of instances are relative to `root`");
  return { file, text, instances: parseCocoInstances(file, text) };
}

async function entriesOf(
  { file, text, instances }: CocoFile,
  root: string,
  photos: string | undefined,
  classNames: readonly string[],
): Promise<BoxEntry[]> {
  const boxes = cocoBoxes(instances);
  const places = instances.categories.map(({ name }) => classNames.indexOf(name));
  // annotations/instances_val2017.json is of the photos in val2017
  const subset = basename(file)
    .replace(/\.json$/i, "")
    .replace(/^instances_/, "");
  const folders =
    photos === undefined
      ? [subset, join("images", subset), "images", "."].flatMap((folder) => [
          join(root, folder),
          join(dirname(file), "..", folder),
        ])
      : [under(root, photos)];
  return eachAtOnce(instances.images, async ({ fileName }, at): Promise<BoxEntry> => {
    const path = await firstThere([...new Set(folders)].map((folder) => join(folder, fileName)));
    if (path === undefined || fileName === "") {
      throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${file}" labels the photo "${fileName}", which is not there`, {
        where: placeInJson(file, text, ["images", at, "file_name"]),
        hint: [`looked below "${root}"`, "`photos` names the folder from which `file_name` starts"],
      });
    }
    const own = (boxes[at] ?? []).map((box): Box => ({ ...box, class: places[box.class] ?? -1 }));
    return { path, split: undefined, labels: JSON.stringify(own), boxes: () => own };
  });
}
