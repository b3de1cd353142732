import {
  type CreateContext,
  type Dataset,
  type DatasetSplit,
  type ImageSize,
  KdflowError,
  type ProviderUse,
  type SplitName,
  type StageContext,
} from "../../../core/index.ts";
import { classificationId } from "../../tasks/classification/names.ts";
import { datasetViews, mixesSamples, type NamedAugmentation, viewSpecOf, viewsOf } from "../views/views.ts";
import { assertSplits, readDatasetArtifact, writeDatasetArtifact } from "./dataset-artifact.ts";
import { imageSplit } from "./image-split.ts";
import { type DataRecord, isHeldOut } from "./records.ts";

export type UnsplitRecord = Omit<DataRecord, "split">;

/** Options that every dataset of small images in one file has. */
export interface InMemoryOptions {
  /** Share of the training records that is held out. */
  readonly validation: number;
  readonly augment: readonly ProviderUse[];
}

/** The records of both files of a dataset whose images all have one size. */
export interface InMemoryRecords {
  readonly classNames: readonly string[];
  readonly imageSize: ImageSize;
  readonly train: readonly UnsplitRecord[];
  readonly test: readonly UnsplitRecord[];
}

/** Splits the records and writes them with what makes their views. */
export async function writeInMemoryDataset(
  options: InMemoryOptions,
  { classNames, imageSize, train, test }: InMemoryRecords,
  context: StageContext,
): Promise<void> {
  const records: DataRecord[] = [
    ...train.map((record): DataRecord => {
      const heldOut = isHeldOut(record.digest, context.seed, options.validation);
      return { ...record, split: heldOut ? "validation" : "train" };
    }),
    ...test.map((record): DataRecord => ({ ...record, split: "test" })),
  ];
  assertSplits(records, ["train"], "raise `limit`");
  if (options.validation > 0) assertSplits(records, ["validation"], "raise `limit` or `validation`");
  assertSplits(records, ["test"], "raise `limit`");
  const viewOf = viewsOf(await createAugmentations(options.augment, context), imageSize, context.rng);
  await writeDatasetArtifact(
    context.outputDir,
    {
      classNames,
      imageSize,
      augmented: options.augment.length > 0,
      viewSpec: viewSpecOf(options.augment, context.seed, imageSize, viewOf),
    },
    records,
  );
  context.progress({ unit: "images", done: records.length, total: records.length });
}

/**
 * The dataset of an artifact; pixels stay in their files and are read when they are first wanted.
 *
 * @param pixels uint8 `[images, height, width, channels]` of the training and the test files
 */
export async function openInMemoryDataset(
  directory: string,
  options: InMemoryOptions,
  pixels: Readonly<Record<"train" | "test", () => Promise<Uint8Array>>>,
  context: StageContext,
): Promise<Dataset> {
  const { file, records } = await readDatasetArtifact(directory);
  const { imageSize, augmented, viewSpec, digest, classNames } = file;
  const split = (name: SplitName): DatasetSplit =>
    imageSplit(name, records[name], imageSize, name === "test" ? pixels.test : pixels.train);
  const splits = { train: split("train"), validation: split("validation"), test: split("test") };
  const viewOf = viewsOf(await createAugmentations(options.augment, context), imageSize, context.rng);
  const mixes = mixesSamples(options.augment, context);
  return {
    task: classificationId,
    classNames,
    imageSize,
    splits,
    digest,
    augmented,
    mixes,
    viewSpec,
    view: datasetViews(viewOf, splits, context.rng),
  };
}

export function createAugmentations(
  augment: readonly ProviderUse[],
  context: CreateContext,
): Promise<NamedAugmentation[]> {
  return Promise.all(
    augment.map(async (use): Promise<NamedAugmentation> => {
      const made = await context.provider("augmentations", use);
      return { use: use.use, describe: (...given) => made.describe(...given) };
    }),
  );
}

export function missingSample(split: string, index: number | undefined): never {
  throw new KdflowError("KDF_INTERNAL", `split ${split} has no sample ${index}`);
}
