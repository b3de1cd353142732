import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { everyMistake } from "../samples/every-mistake.ts";
import { readRange } from "../samples/read-range.ts";

/** A form of CIFAR: its files and the layout of a record. */
export interface CifarForm {
  readonly train: readonly string[];
  readonly test: string;
  /** One class name a line. */
  readonly names: string;
  readonly classes: number;
  /** Bytes of labels before the pixels, and which of them is used. */
  readonly labelBytes: number;
  readonly labelAt: number;
}

/** 32 × 32 pixels, three planes: all reds, all greens, all blues. */
export const cifarSide = 32;
const planeBytes = cifarSide * cifarSide;
export const cifarPixelBytes: number = planeBytes * 3;

const hint = "unpack the binary version of the data set (cifar-10-binary.tar.gz or cifar-100-binary.tar.gz)";

/**
 * CIFAR-10 (`labels: fine` of ten classes, the only ones) or CIFAR-100, which has both kinds of labels in each record:
 * the coarse one first.
 */
export function cifarForm(version: 10 | 100, labels: "fine" | "coarse"): CifarForm {
  if (version === 10) {
    const train = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
    return { train, test: "test_batch.bin", names: "batches.meta.txt", classes: 10, labelBytes: 1, labelAt: 0 };
  }
  const coarse = labels === "coarse";
  return {
    train: ["train.bin"],
    test: "test.bin",
    names: `${labels}_label_names.txt`,
    classes: coarse ? 20 : 100,
    labelBytes: 2,
    labelAt: coarse ? 0 : 1,
  };
}

export interface CifarFiles {
  readonly train: readonly string[];
  readonly test: string;
  readonly classNames: readonly string[];
}

/**
 * Finds the files and checks their lengths, without reading the images.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_TRUNCATED, KDF_INPUT_CLASSES where there are other than the wanted names
 */
export async function findCifar(form: CifarForm, root: string, baseDir: string): Promise<CifarFiles> {
  const folder = resolve(baseDir, root);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no folder "${folder}"`, {
      hint: ["`root` is relative to the pipeline file", hint],
    });
  }
  const train = form.train.map((name) => join(folder, name));
  const test = join(folder, form.test);
  await everyMistake([...train, test], (path) => countRecords(path, form));
  return { train, test, classNames: await readNames(join(folder, form.names), form) };
}

/** Records of a file, from its length. */
export async function countRecords(path: string, { labelBytes }: CifarForm): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no file "${path}"`, { hint });
  }
  const recordBytes = labelBytes + cifarPixelBytes;
  if (found.size > 0 && found.size % recordBytes === 0) return found.size / recordBytes;
  throw new KdflowError(
    "KDF_INPUT_TRUNCATED",
    `"${path}" has ${found.size} bytes, which are no whole records of ${recordBytes} bytes`,
    { hint: "download and unpack it again, or check that it is the version that `version` says" },
  );
}

async function readNames(path: string, { classes }: CifarForm): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no file "${path}"`, { cause, hint });
  });
  const names = text.split(/\r?\n/u).filter((name) => name !== "");
  if (names.length === classes) return names;
  throw new KdflowError("KDF_INPUT_CLASSES", `"${path}" names ${names.length} classes, wanted ${classes}`, { hint });
}

/** Labels `[records]` and pixels `[records, 32, 32, 3]` of a file's first records. */
export interface CifarContent {
  readonly labels: Uint8Array;
  readonly pixels: Uint8Array;
}

/** @throws KDF_INPUT_CLASSES naming the first record whose label is no class */
export async function readCifar(path: string, form: CifarForm, count: number): Promise<CifarContent> {
  const recordBytes = form.labelBytes + cifarPixelBytes;
  const bytes = await readRange(path, 0, count * recordBytes);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * cifarPixelBytes);
  for (let record = 0; record < count; record++) {
    const at = record * recordBytes;
    const label = bytes[at + form.labelAt] ?? 0;
    if (label >= form.classes) {
      throw new KdflowError("KDF_INPUT_CLASSES", `record ${record} of "${path}" has the label ${label}`, {
        hint: [`labels are 0 … ${form.classes - 1}`, "check that the files are of the version that `version` says"],
      });
    }
    labels[record] = label;
    interleave(bytes, at + form.labelBytes, pixels, record * cifarPixelBytes);
  }
  return { labels, pixels };
}

/** From planes `[3, 32, 32]` to pixels `[32, 32, 3]`. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let place = 0; place < planeBytes; place++) {
      pixels[to + place * 3 + channel] = planes[from + channel * planeBytes + place] ?? 0;
    }
  }
}
