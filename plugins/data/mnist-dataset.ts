import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Augmentation,
  type CreateContext,
  type Dataset,
  type ImageSize,
  KdflowError,
  type SplitName,
  type StageContext,
} from "../../core/index.ts";
import type { DataMnistOptions } from "../options.ts";
import { checkMnistFiles } from "./check-mnist-files.ts";
import { readIdxImages } from "./idx.ts";
import { imageSplit, readOnce } from "./image-split.ts";
import { findMnistFiles } from "./mnist-files.ts";
import { readMnistRecords } from "./mnist-records.ts";
import { type DataRecord, decodeRecords, encodeRecords, isHeldOut } from "./records.ts";
import { datasetViews, mixesSamples, viewSpecOf, viewsOf } from "./views.ts";

/** The artifact's `dataset.json`; `records.bin` beside it holds the records. */
interface DatasetFile {
  readonly format: 1;
  readonly task: "classification";
  readonly classNames: readonly string[];
  readonly imageSize: ImageSize;
  readonly counts: Readonly<Record<SplitName, number>>;
  readonly augmented: boolean;
  readonly viewSpec: string;
  readonly digest: string;
}

/** Reads every record once, splits them, and writes the split with the records' digests. */
export async function writeMnist(
  options: DataMnistOptions,
  classNames: readonly string[],
  context: StageContext,
): Promise<void> {
  const classes = classNames.length;
  const files = await findMnistFiles(options.root, context.baseDir);
  const { imageSize } = await checkMnistFiles(files);
  const train = await readMnistRecords(files.trainImages, files.trainLabels, classes, { limit: options.limit });
  context.signal.throwIfAborted();
  const test = await readMnistRecords(files.testImages, files.testLabels, classes, { spaced: options.testLimit });
  context.signal.throwIfAborted();
  const records: DataRecord[] = [
    ...train.map((record): DataRecord => {
      const heldOut = isHeldOut(record.digest, context.seed, options.validation);
      return { ...record, split: heldOut ? "validation" : "train" };
    }),
    ...test.map((record): DataRecord => ({ ...record, split: "test" })),
  ];
  const counts = countSplits(records, options.validation);
  const viewOf = viewsOf(await createAugmentations(options, context), imageSize, context.rng);
  const recordBytes = encodeRecords(records);
  const identity = { task: "classification", classNames, imageSize, counts } as const;
  const dataset: DatasetFile = {
    format: 1,
    ...identity,
    augmented: options.augment.length > 0,
    viewSpec: viewSpecOf(options.augment, context.seed, imageSize, viewOf),
    digest: createHash("sha256").update(JSON.stringify(identity)).update(recordBytes).digest("hex"),
  };
  await writeFile(join(context.outputDir, "records.bin"), recordBytes);
  await writeFile(join(context.outputDir, "dataset.json"), `${JSON.stringify(dataset, undefined, 2)}\n`);
  context.progress({ unit: "images", done: records.length, total: records.length });
}

/** The dataset of an artifact; pixels stay in the IDX files and are read when they are first wanted. */
export async function openMnist(directory: string, options: DataMnistOptions, context: StageContext): Promise<Dataset> {
  const file = JSON.parse(await readFile(join(directory, "dataset.json"), "utf8")) as DatasetFile;
  const recordFile = join(directory, "records.bin");
  const records = decodeRecords(await readFile(recordFile), recordFile);
  const files = await findMnistFiles(options.root, context.baseDir);
  const { imageSize, augmented, viewSpec, digest } = file;
  const trainPixels = readOnce(() => readIdxImages(files.trainImages, options.limit));
  const testPixels = readOnce(() => readIdxImages(files.testImages));
  const split = (name: SplitName, pixels: () => Promise<Uint8Array>): Dataset["splits"][SplitName] =>
    imageSplit(
      name,
      records.filter((record) => record.split === name),
      imageSize,
      pixels,
    );
  const splits = {
    train: split("train", trainPixels),
    validation: split("validation", trainPixels),
    test: split("test", testPixels),
  };
  const augmentations = await createAugmentations(options, context);
  return {
    task: "classification",
    classNames: file.classNames,
    imageSize,
    splits,
    digest,
    augmented,
    mixes: mixesSamples(options.augment, context),
    viewSpec,
    view: datasetViews(viewsOf(augmentations, imageSize, context.rng), splits, context.rng),
  };
}

/** @throws KDF_INPUT_EMPTY where a split that is wanted has no records */
function countSplits(records: readonly DataRecord[], validation: number): Record<SplitName, number> {
  const counts: Record<SplitName, number> = { train: 0, validation: 0, test: 0 };
  for (const { split } of records) counts[split] += 1;
  for (const name of ["train", "validation", "test"] as const) {
    if (counts[name] > 0 || (name === "validation" && validation === 0)) continue;
    throw new KdflowError("KDF_INPUT_EMPTY", `the ${name} split has no samples`, {
      hint: `${records.length} records in all; raise \`limit\`${name === "validation" ? " or `validation`" : ""}`,
    });
  }
  return counts;
}

function createAugmentations(options: DataMnistOptions, context: CreateContext): Promise<Augmentation[]> {
  return Promise.all(options.augment.map((use) => context.provider("augmentations", use)));
}
