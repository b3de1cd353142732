import type { Dataset, StageContext } from "../../../core/index.ts";
import type { DataCifarOptions } from "../../options.ts";
import { readOnce } from "../samples/image-split.ts";
import { openInMemoryDataset, type UnsplitRecord, writeInMemoryDataset } from "../samples/in-memory-dataset.ts";
import { evenlySpaced, recordDigest } from "../samples/records.ts";
import {
  type CifarFiles,
  type CifarForm,
  cifarForm,
  cifarPixelBytes,
  cifarSide,
  countRecords,
  findCifar,
  readCifar,
} from "./cifar-files.ts";

const imageSize = { height: cifarSide, width: cifarSide, channels: 3 } as const;

/** Reads and hashes every record once, splits them, and writes the split with the records' digests. */
export async function writeCifar(options: DataCifarOptions, context: StageContext): Promise<void> {
  const form = cifarForm(options.version, options.labels);
  const files = await findCifar(form, options.root, context.baseDir);
  const train: UnsplitRecord[] = [];
  for (const { path, count, first } of await takenOf(files.train, form, options.limit)) {
    context.signal.throwIfAborted();
    train.push(...(await readRecords(path, form, count, first)));
  }
  context.signal.throwIfAborted();
  const test = await readRecords(files.test, form, await countRecords(files.test, form), 0);
  const chosen = evenlySpaced(test.length, options.testLimit).map((place) => test[place] as UnsplitRecord);
  context.signal.throwIfAborted();
  await writeInMemoryDataset(options, { classNames: files.classNames, imageSize, train, test: chosen }, context);
}

/** The dataset of an artifact; pixels stay in CIFAR's files and are read when they are first wanted. */
export async function openCifar(directory: string, options: DataCifarOptions, context: StageContext): Promise<Dataset> {
  const form = cifarForm(options.version, options.labels);
  const files = await findCifar(form, options.root, context.baseDir);
  const pixels = {
    train: readOnce(() => readAllPixels(files, form, options.limit)),
    test: readOnce(async () => (await readCifar(files.test, form, await countRecords(files.test, form))).pixels),
  };
  return openInMemoryDataset(directory, options, pixels, context);
}

/** A file's first records, and the number of the first among all. */
interface TakenFile {
  readonly path: string;
  readonly count: number;
  readonly first: number;
}

async function takenOf(
  paths: readonly string[],
  form: CifarForm,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<TakenFile[]> {
  const taken: TakenFile[] = [];
  let first = 0;
  for (const path of paths) {
    const count = Math.min(await countRecords(path, form), limit - first);
    if (count > 0) taken.push({ path, count, first });
    first += Math.max(0, count);
  }
  return taken;
}

async function readRecords(path: string, form: CifarForm, count: number, first: number): Promise<UnsplitRecord[]> {
  const { labels, pixels } = await readCifar(path, form, count);
  return Array.from(labels, (label, record): UnsplitRecord => {
    const image = pixels.subarray(record * cifarPixelBytes, (record + 1) * cifarPixelBytes);
    return {
      fileIndex: first + record,
      label,
      width: cifarSide,
      height: cifarSide,
      digest: recordDigest(image, label),
    };
  });
}

async function readAllPixels(files: CifarFiles, form: CifarForm, limit: number | undefined): Promise<Uint8Array> {
  const taken = await takenOf(files.train, form, limit);
  const all = new Uint8Array(taken.reduce((sum, { count }) => sum + count, 0) * cifarPixelBytes);
  for (const { path, count, first } of taken) {
    all.set((await readCifar(path, form, count)).pixels, first * cifarPixelBytes);
  }
  return all;
}
