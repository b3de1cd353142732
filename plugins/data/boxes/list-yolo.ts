import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { KdflowError, readClassFile, type SplitName } from "../../../core/index.ts";
import { eachAtOnce } from "../photos/each-at-once.ts";
import { assertFolder, knownImages } from "../photos/photo-entries.ts";
import { everyMistake } from "../samples/every-mistake.ts";
import { decodeText } from "../samples/text-file.ts";
import { type BoxEntry, type BoxListing, backgroundNote, joinSplits } from "./box-listing.ts";
import { type BoxesOptions, type ListedOptions, type SplitSource, setsOf } from "./box-options.ts";
import { assertNoLostLabels, assertOwners } from "./lost-labels.ts";
import { firstThere, stemOf, under } from "./photo-finder.ts";
import { photosAt } from "./photos-at.ts";
import { parseYoloData, type YoloData, yoloLabelPlaces } from "./yolo-data-yaml.ts";
import { parseYoloLabels } from "./yolo-labels.ts";

export interface YoloOptions extends BoxesOptions {
  readonly data: string;
  readonly train?: SplitSource;
  readonly labels?: string;
  readonly classes?: string | readonly string[];
}

/** Places where the photos of a split may lie, for each of its folders or lists. */
type Places = readonly (readonly string[])[];

/**
 * Photos with YOLO's text labels. Classes and splits come from `data.yaml` unless options say otherwise; labels lie in
 * `labels` for the last `images` of a photo's path, beside it, or in the folder that `labels` names.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_CLASSES, KDF_INPUT_EMPTY
 */
export async function listYolo(options: ListedOptions<YoloOptions>, baseDir: string): Promise<BoxListing> {
  const root = resolve(baseDir, options.root);
  await assertFolder(root);
  const yaml = under(root, options.data);
  const { names, splits } = await readData(yaml, options, baseDir);
  const labels = options.labels === undefined ? undefined : under(root, options.labels);
  const found: Partial<Record<SplitName, BoxEntry[]>> = {};
  let bare = 0;
  await everyMistake(["train", "validation", "test"] as const, async (split) => {
    const own = options[split];
    const sets = setsOf(own);
    const given = splits[split === "validation" ? "val" : split];
    const isWanted = sets.length > 0 || (typeof own !== "number" && given !== undefined);
    const places = sets.length > 0 ? sets.map((name) => [under(root, name)]) : given;
    if (!isWanted || places === undefined) return;
    const paths = await photosOf(places, yaml);
    if (labels !== undefined) await assertPhotos(labels, paths);
    const entries = await eachAtOnce(paths, (path) => entryOf(path, labels, names));
    if (labels === undefined) await assertNoLostLabels(entries);
    bare += entries.filter((each) => each.labels === undefined).length;
    found[split] = entries.map(({ entry }) => entry);
  });
  return joinSplits(names, found, backgroundNote(bare));
}

async function readData(
  file: string,
  { classes }: ListedOptions<YoloOptions>,
  baseDir: string,
): Promise<Pick<YoloData, "names" | "splits">> {
  const named = typeof classes === "string" ? await readClassFile(resolve(baseDir, classes)) : classes;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    if (named !== undefined) return undefined;
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${file}" cannot be opened`, {
      cause,
      hint: "`data` names the data.yaml below `root`; without one name the classes: `classes: names.txt`",
    });
  });
  if (text === undefined) return { names: named ?? [], splits: {} };
  const data = parseYoloData(file, text);
  return { names: named ?? data.names, splits: data.splits };
}

async function photosOf(places: Places, yaml: string): Promise<string[]> {
  const paths: string[] = [];
  for (const alternatives of places) {
    const place = await firstThere(alternatives);
    if (place === undefined) {
      throw new KdflowError("KDF_INPUT_MISSING_FILE", `there are no photos at "${alternatives[0]}"`, {
        hint: [`"${yaml}" or an option names them`, `looked at ${alternatives.map((path) => `"${path}"`).join(", ")}`],
      });
    }
    paths.push(...(await photosAt(place)));
  }
  if (paths.length > 0) return paths;
  throw new KdflowError("KDF_INPUT_EMPTY", `"${places[0]?.[0]}" has no photos`, {
    hint: `looked for ${knownImages}`,
  });
}

/** Labels in a folder of their own: each must have its photo. */
async function assertPhotos(labels: string, photos: readonly string[]): Promise<void> {
  await assertFolder(labels);
  assertOwners(labels, await readdir(labels), photos.map(nameOf));
}

function nameOf(path: string): string {
  return path.replaceAll("\\", "/").split("/").at(-1) ?? path;
}

async function entryOf(
  path: string,
  labels: string | undefined,
  names: readonly string[],
): Promise<{ readonly entry: BoxEntry; readonly path: string; readonly labels: string | undefined }> {
  const own = `${stemOf(nameOf(path))}.txt`;
  const file = await firstThere(labels === undefined ? yoloLabelPlaces(path) : [join(labels, own)]);
  const text = file === undefined ? "" : decodeText(file, await readFile(file));
  const parse: BoxEntry["boxes"] = (photo) => (file === undefined ? [] : parseYoloLabels(file, text, photo, names));
  // whatever is wrong with the text is told while planning
  const shares = parse({ width: 1, height: 1 });
  const entry = { path, split: undefined, labels: JSON.stringify(shares), boxes: parse };
  return { entry, path, labels: file };
}
