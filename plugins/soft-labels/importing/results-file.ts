import { dirname, resolve } from "node:path";
import { KdflowError, readClassFile } from "../../../core/index.ts";
import { type CocoInstances, parseCocoInstances } from "../../data/boxes/coco-instances.ts";
import { readTextFile } from "../../data/samples/text-file.ts";
import type { SoftLabelsImportDetectionsOptions } from "../../options.ts";

/** What ids in a file of results mean. */
export interface ResultNames {
  /** Classes of whoever made the boxes, under the names that the data has for them. */
  readonly classNames: readonly string[];
  /** Place among these, by category id. */
  readonly classOf: ReadonlyMap<number, number>;
  /** Images by id; `undefined` where ids are names of photos themselves. */
  readonly images: CocoInstances["images"] | undefined;
}

/**
 * Reads what names images and categories: the instances of the photos, a file of classes, and `rename`.
 *
 * @throws KDF_INPUT_CLASSES where nothing names the categories, KDF_PLAN_OPTIONS for a name in `rename` that is none;
 *   KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT
 */
export async function resultNames(
  { file, images, classes, firstCategory, rename = {} }: SoftLabelsImportDetectionsOptions,
  baseDir: string,
): Promise<ResultNames> {
  const instances = images === undefined ? undefined : await readInstances(resolve(baseDir, images));
  const categories =
    classes === undefined
      ? instances?.categories
      : (await readClassFile(resolve(baseDir, classes))).map((name, at) => ({ id: firstCategory + at, name }));
  if (categories === undefined || categories.length === 0) {
    throw new KdflowError("KDF_INPUT_CLASSES", `nothing names the categories of "${file}"`, {
      hint: [
        "say `images: instances.json`, the COCO file whose `images` and `categories` the ids are",
        "or `classes: names.txt`, one name per line from the first category on",
      ],
    });
  }
  const names = categories.map(({ name }) => name);
  const unknown = Object.keys(rename).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new KdflowError("KDF_PLAN_OPTIONS", `\`rename\` names the class "${unknown}", which is no category`, {
      option: `/rename/${unknown}`,
      hint: `categories are ${names.slice(0, 20).join(", ")}`,
    });
  }
  const classNames = [...new Set(names.map((name) => rename[name] ?? name))];
  const classOf = new Map(categories.map(({ id, name }) => [id, classNames.indexOf(rename[name] ?? name)]));
  return { classNames, classOf, images: instances?.images };
}

async function readInstances(path: string): Promise<CocoInstances> {
  const text = await readTextFile(path, `\`images\` is relative to the pipeline file; looked in "${dirname(path)}"`);
  return parseCocoInstances(path, text);
}
