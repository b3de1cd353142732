import type { Dataset, StageContext } from "../../../core/index.ts";
import { readOnce } from "../samples/image-split.ts";
import { type InMemoryOptions, openInMemoryDataset, writeInMemoryDataset } from "../samples/in-memory-dataset.ts";
import { checkMnistFiles } from "./check-mnist-files.ts";
import { readIdxImages } from "./idx.ts";
import type { MnistFiles } from "./mnist-files.ts";
import { readMnistRecords } from "./mnist-records.ts";

export interface MnistOptions extends InMemoryOptions {
  readonly root?: string;
  /** Only the first so many training records. */
  readonly limit?: number;
  /** Only so many test records, evenly spaced. */
  readonly testLimit?: number;
}

/** Reads every record of MNIST's files once, splits them, and writes the split with the records' digests. */
export async function writeMnist(
  options: MnistOptions,
  files: MnistFiles,
  classNames: readonly string[],
  context: StageContext,
): Promise<void> {
  const classes = classNames.length;
  const { imageSize } = await checkMnistFiles(files);
  const train = await readMnistRecords(files.trainImages, files.trainLabels, classes, { limit: options.limit });
  context.signal.throwIfAborted();
  const test = await readMnistRecords(files.testImages, files.testLabels, classes, { spaced: options.testLimit });
  context.signal.throwIfAborted();
  await writeInMemoryDataset(options, { classNames, imageSize, train, test }, context);
}

/** The dataset of an artifact; pixels stay in the IDX files. */
export function openMnist(
  directory: string,
  options: MnistOptions,
  files: MnistFiles,
  context: StageContext,
): Promise<Dataset> {
  const pixels = {
    train: readOnce(() => readIdxImages(files.trainImages, options.limit)),
    test: readOnce(() => readIdxImages(files.testImages)),
  };
  return openInMemoryDataset(directory, options, pixels, context);
}
