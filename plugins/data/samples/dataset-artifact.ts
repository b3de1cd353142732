import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ImageSize, KdflowError, type SplitName } from "../../../core/index.ts";
import { classificationId } from "../../tasks/classification/names.ts";
import { type DataRecord, decodeRecords, encodeRecords } from "./records.ts";

/** The artifact's `dataset.json`; `records.bin` beside it holds the records. */
interface DatasetFile extends DatasetHead {
  readonly format: 2;
  readonly task: string;
  readonly counts: Readonly<Record<SplitName, number>>;
  readonly digest: string;
}

/** What a dataset's artifact says beside its records. */
export interface DatasetHead {
  readonly classNames: readonly string[];
  /** True where no record has a label. */
  readonly unlabelled?: boolean;
  /** Size at which a network sees the images that names no size itself. */
  readonly imageSize: ImageSize;
  readonly augmented: boolean;
  readonly viewSpec: string;
  /** How pixels are read and fitted, in words that pin it; left out where files hold the pixels themselves. */
  readonly rendering?: string;
  /** Keys of the parts that hold decoded pixels. */
  readonly parts?: readonly string[];
}

/** A dataset's artifact as it was read. */
export interface DatasetArtifact {
  readonly file: DatasetFile;
  /** By split, in order. */
  readonly records: Readonly<Record<SplitName, readonly DataRecord[]>>;
}

const splitNames: readonly SplitName[] = ["train", "validation", "test"];

/** Writes a dataset's records and what stands above them. Where the pixels are is not part of it. */
export async function writeDatasetArtifact(
  directory: string,
  head: DatasetHead,
  records: readonly DataRecord[],
): Promise<void> {
  const bytes = encodeRecords(records);
  const { classNames, imageSize, rendering } = head;
  const counts = { train: 0, validation: 0, test: 0 };
  for (const { split } of records) counts[split] += 1;
  const identity = { task: classificationId, classNames, imageSize, counts, ...(rendering && { rendering }) };
  const digest = createHash("sha256").update(JSON.stringify(identity)).update(bytes).digest("hex");
  const file: DatasetFile = { format: 2, ...identity, ...head, digest };
  await writeFile(join(directory, "records.bin"), bytes);
  await writeFile(join(directory, "dataset.json"), `${JSON.stringify(file, undefined, 2)}\n`);
  if (head.parts !== undefined) await writeFile(join(directory, "references.json"), `${JSON.stringify(head.parts)}\n`);
}

/** @throws KDF_STORE_DAMAGED */
export async function readDatasetArtifact(directory: string): Promise<DatasetArtifact> {
  const file = JSON.parse(await readFile(join(directory, "dataset.json"), "utf8")) as DatasetFile;
  const path = join(directory, "records.bin");
  const all = decodeRecords(await readFile(path), path);
  const [train, validation, test] = splitNames.map((name) => all.filter(({ split }) => split === name));
  return { file, records: { train: train ?? [], validation: validation ?? [], test: test ?? [] } };
}

/**
 * @param wanted splits that must have samples
 * @throws KDF_INPUT_EMPTY where one has none
 */
export function assertSplits(records: readonly DataRecord[], wanted: readonly SplitName[], hint: string): void {
  for (const name of wanted) {
    if (records.some(({ split }) => split === name)) continue;
    throw new KdflowError("KDF_INPUT_EMPTY", `the ${name} split has no samples`, {
      hint: `${records.length} records in all; ${hint}`,
    });
  }
}
