import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Augmentation,
  type CreateContext,
  type Dataset,
  defineProvider,
  type ImageSize,
  KdflowError,
  type ProviderOf,
  type SplitName,
} from "../../core/index.ts";
import type { DataMnistOptions } from "../options.ts";
import { readIdxImages, readIdxLabels } from "./idx.ts";
import { imageSplit, readOnce } from "./image-split.ts";
import { findMnistFiles, type MnistFiles } from "./mnist-files.ts";
import { checkMnistFiles, readMnistRecords } from "./mnist-records.ts";
import { type DataRecord, decodeRecords, encodeRecords, isHeldOut } from "./records.ts";
import { viewSpecOf, viewsOf } from "./views.ts";

const classNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;
const classes = classNames.length;

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

/**
 * MNIST, or another data set in its files (Fashion-MNIST, KMNIST). The artifact holds the split and the records'
 * digests; pixels stay in the IDX files and are read when a later stage first wants them.
 *
 * @see LeCun, Bottou, Bengio, Haffner (1998), "Gradient-based learning applied to document recognition"
 */
export const mnist: ProviderOf<"data"> = defineProvider<"data", DataMnistOptions>("data", {
  id: "mnist",
  summary: "MNIST from its own IDX files",
  reference: "doi:10.1109/5.726791",
  cacheVersion: 1,
  cacheIgnore: ["root"],
  seeded: true,

  async fingerprint(options, context) {
    const files = await findMnistFiles(options.root, context.baseDir);
    const names = Object.keys(files) as (keyof MnistFiles)[];
    const digests = await Promise.all(
      names.map(async (name) => [name, await context.fileDigest(files[name])] as const),
    );
    return Object.fromEntries(digests);
  },

  async describe(options, _inputs, context) {
    const files = await findMnistFiles(options.root, context.baseDir);
    const { imageSize } = await checkMnistFiles(files);
    await Promise.all([readIdxLabels(files.trainLabels, classes), readIdxLabels(files.testLabels, classes)]);
    return { classNames, imageSize };
  },

  async run(options, _inputs, context) {
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
  },

  async open({ directory }, options, context): Promise<Dataset> {
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
    const viewOf = viewsOf(await createAugmentations(options, context), imageSize, context.rng);
    return {
      task: "classification",
      classNames: file.classNames,
      imageSize,
      splits,
      digest,
      augmented,
      viewSpec,
      view: (name, index, view) => viewOf(splits[name].digests[index] ?? missingSample(name, index), view),
    };
  },
});

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

function missingSample(split: SplitName, index: number): never {
  throw new KdflowError("KDF_INTERNAL", `split ${split} has no sample ${index}`);
}
