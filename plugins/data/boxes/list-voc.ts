import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { KdflowError, readClassFile, type SplitName } from "../../../core/index.ts";
import { eachAtOnce } from "../photos/each-at-once.ts";
import { assertFolder } from "../photos/photo-entries.ts";
import { everyMistake } from "../samples/every-mistake.ts";
import { type BoxEntry, type BoxListing, backgroundNote, joinSplits } from "./box-listing.ts";
import { type BoxesOptions, type ListedOptions, type SplitSource, setsOf } from "./box-options.ts";
import { ClassIndex } from "./class-index.ts";
import { vocBoxes } from "./labelled-boxes.ts";
import { firstThere, PhotoFinder, stemOf, under } from "./photo-finder.ts";
import { parseVocXml, type VocCorners } from "./voc-xml.ts";

export interface VocOptions extends BoxesOptions {
  readonly train?: SplitSource;
  readonly annotations?: string;
  readonly photos?: string;
  readonly classes?: string | readonly string[];
  readonly corners: VocCorners;
}

/** A folder with annotations, and where its photos and lists lie. */
interface VocFolder {
  readonly annotations: string;
  readonly photos: PhotoFinder;
  readonly sets: string | undefined;
}

/** An annotation that was read, or a photo of a list that has none. */
interface VocLabels {
  readonly path: string;
  readonly file: string | undefined;
  readonly text: string;
}

/**
 * Photos with Pascal VOC's XML: the devkit's layout with years (`2007/trainval`), one folder of that layout, or XML files
 * without lists, beside the photos or in a folder of their own. Without `classes`, the sorted names in the labels.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_CLASSES
 */
export async function listVoc(options: ListedOptions<VocOptions>, baseDir: string): Promise<BoxListing> {
  const given = resolve(baseDir, options.root);
  await assertFolder(given);
  const root = (await firstThere([join(given, "VOCdevkit")])) ?? given;
  const folders = new Map<string, VocFolder>();
  const folderOf = async (year: string): Promise<VocFolder> => {
    const known = folders.get(year) ?? (await openFolder(root, year, options));
    folders.set(year, known);
    return known;
  };
  const sets = await wantedSets(options, (await folderOf("")).sets);
  const splits: Partial<Record<SplitName, readonly VocLabels[]>> = {};
  await everyMistake(sets, async ([split, names]) => {
    splits[split] = (await everyMistake(names, (name) => labelsOfSet(name, folderOf))).flat();
  });
  return understood(splits, options, baseDir);
}

async function openFolder(root: string, year: string, options: ListedOptions<VocOptions>): Promise<VocFolder> {
  const years = (await readdir(root)).filter((name) => /^VOC\d{4}$/.test(name));
  const [only, ...others] = years;
  const hasLists = (await firstThere([join(root, "ImageSets"), join(root, "Annotations")])) !== undefined;
  const base =
    year === ""
      ? hasLists || only === undefined || others.length > 0
        ? root
        : join(root, only)
      : ((await firstThere([join(root, `VOC${year}`), join(root, year)])) ?? join(root, `VOC${year}`));
  await assertFolder(base);
  const annotations =
    options.annotations === undefined
      ? ((await firstThere([join(base, "Annotations"), join(base, "annotations")])) ?? base)
      : under(base, options.annotations);
  const photos =
    options.photos === undefined
      ? ((await firstThere([join(base, "JPEGImages"), join(base, "images")])) ?? base)
      : under(base, options.photos);
  await assertFolder(annotations);
  await assertFolder(photos);
  return {
    annotations,
    photos: await PhotoFinder.in(photos),
    sets: await firstThere([join(base, "ImageSets", "Main"), join(base, "ImageSets")]),
  };
}

type Sets = readonly (readonly [SplitName, readonly string[]])[];

/** The sets that options name, else those of the usual names; `*` is every annotation. */
async function wantedSets(options: ListedOptions<VocOptions>, lists: string | undefined): Promise<Sets> {
  const named: Sets = (["train", "validation", "test"] as const).flatMap((split) => {
    const names = setsOf(options[split]);
    return names.length > 0 ? [[split, names] as const] : [];
  });
  if (named.length > 0) return named;
  const there = lists === undefined ? [] : await readdir(lists);
  const has = (name: string): boolean => there.includes(`${name}.txt`);
  const isDrawn = options.validation !== undefined;
  if (!has("train") && !has("trainval")) return [["train", ["*"]]];
  const whole = has("trainval") && (isDrawn || !has("val") || !has("train"));
  return [
    ["train", [whole ? "trainval" : "train"]],
    ...(!whole && has("val") && !isDrawn ? [["validation", ["val"]] as const] : []),
    ...(has("test") && options.test === undefined ? [["test", ["test"]] as const] : []),
  ];
}

async function labelsOfSet(name: string, folderOf: (year: string) => Promise<VocFolder>): Promise<VocLabels[]> {
  const [, year = "", set = name] = /^(\d{4})\/(.+)$/.exec(name) ?? [];
  const { annotations, photos, sets } = await folderOf(year);
  if (set === "*") {
    const files = (await readdir(annotations)).filter((file) => file.endsWith(".xml")).sort();
    if (files.length === 0) {
      throw new KdflowError("KDF_INPUT_EMPTY", `"${annotations}" has no XML files`, {
        hint: "`root` is the folder with Annotations, JPEGImages and ImageSets, or one with the XML files",
      });
    }
    const labelled = new Set(files.map(stemOf));
    const bare = photos.paths.filter((path) => !labelled.has(stemOf(basename(path))));
    return [
      ...(await eachAtOnce(files, (file) => readLabels(join(annotations, file), photos))),
      ...bare.map((path) => ({ path, file: undefined, text: "" })),
    ];
  }
  const list = join(sets ?? annotations, `${set}.txt`);
  const text = await readFile(list, "utf8").catch(async (cause: unknown) => {
    const there = sets === undefined ? [] : (await readdir(sets)).filter((file) => file.endsWith(".txt"));
    const words = there.slice(0, 8).map((file) => file.slice(0, -4));
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no list "${list}"`, {
      cause,
      hint: words.length === 0 ? "sets are lists in ImageSets/Main" : `sets there: ${words.join(", ")}`,
    });
  });
  // lists of one class have a second column
  const stems = text.split(/\r?\n/).flatMap((line) => line.trim().split(/\s+/)[0] || []);
  return eachAtOnce(stems, async (stem) => {
    const file = join(annotations, `${stem}.xml`);
    if ((await firstThere([file])) !== undefined) return readLabels(file, photos, stem);
    return { path: photos.get(stem, list), file: undefined, text: "" };
  });
}

async function readLabels(file: string, photos: PhotoFinder, stem = stemOf(basename(file))): Promise<VocLabels> {
  const text = await readFile(file, "utf8");
  const path = photos.find(stem);
  if (path !== undefined) return { path, file, text };
  const { fileName } = parseVocXml(file, text);
  return { path: photos.get(fileName === "" ? stem : fileName, file), file, text };
}

async function understood(
  splits: Readonly<Partial<Record<SplitName, readonly VocLabels[]>>>,
  options: ListedOptions<VocOptions>,
  baseDir: string,
): Promise<BoxListing> {
  const all = Object.values(splits).flat();
  const parsed = new Map(
    all.flatMap((labels) =>
      labels.file === undefined ? [] : [[labels, parseVocXml(labels.file, labels.text, options.corners)] as const],
    ),
  );
  const named =
    typeof options.classes === "string" ? await readClassFile(resolve(baseDir, options.classes)) : options.classes;
  const inferred = new Set([...parsed.values()].flatMap(({ objects }) => objects.map(({ name }) => name)));
  const classNames = named ?? [...inferred].sort((a, b) => (a < b ? -1 : 1));
  const classes = new ClassIndex(classNames);
  const entryOf = (labels: VocLabels): BoxEntry => {
    const annotation = parsed.get(labels);
    const boxes = annotation === undefined ? [] : vocBoxes(annotation, classes, labels.file ?? "", labels.text);
    return { path: labels.path, split: undefined, labels: JSON.stringify(boxes), boxes: () => boxes };
  };
  const entries = Object.fromEntries(Object.entries(splits).map(([split, labels]) => [split, labels.map(entryOf)]));
  return joinSplits(classNames, entries, backgroundNote(all.length - parsed.size));
}
