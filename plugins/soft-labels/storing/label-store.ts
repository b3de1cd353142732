import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError, type Outputs, type PartStore, type SoftLabels } from "../../../core/index.ts";
import { eachAtOnce } from "../../data/photos/each-at-once.ts";
import { rowWidth } from "../../tasks/outputs/answer-rows.ts";
import { averageLogits } from "../../teachers/asking/ask-teacher.ts";
import type { ShardPlace } from "./make-shards.ts";
import { decodeRows, type Precision, type RowLayout } from "./rows.ts";
import { damaged, type RowFile, type RowPlace, StoredRows } from "./stored-rows.ts";
import { type ShardNote, shardFile } from "./write-shard.ts";

/** One shard as `soft-labels.json` lists it. */
export type ListedShard = ShardNote & ShardPlace;

/** The artifact's `soft-labels.json`. Shards are parts of their own, listed in `references.json` too. */
export interface SoftLabelsFile {
  readonly format: 2;
  readonly task: string;
  readonly outputs: Outputs;
  readonly classNames: readonly string[];
  readonly views: number;
  readonly sampleCount: number;
  readonly shardSize: number;
  readonly precision: Precision;
  readonly topK: number | null;
  readonly teacherDigest: string;
  readonly preprocessing: string;
  readonly viewSpec: string;
  readonly shards: readonly ListedShard[];
}

/** The same of an ensemble's labels: those of each member by themselves, and how they are averaged. */
export interface EnsembleLabelsFile {
  readonly format: 2;
  readonly task: string;
  readonly outputs: Outputs;
  readonly classNames: readonly string[];
  readonly views: number;
  readonly sampleCount: number;
  readonly teacherDigest: string;
  readonly average: "logits" | "probabilities";
  readonly weights: readonly number[];
  readonly members: readonly SoftLabelsFile[];
}

export type LabelsFile = SoftLabelsFile | EnsembleLabelsFile;

export async function writeSoftLabelsFile(directory: string, file: LabelsFile): Promise<void> {
  await writeListed(directory, file, "members" in file ? file.members.flatMap(({ shards }) => shards) : file.shards);
}

/** Writes an artifact's list of shards, and their keys so that the store keeps them. */
export async function writeListed(directory: string, file: object, shards: readonly ShardPlace[]): Promise<void> {
  const references = [...new Set(shards.map(({ key }) => key))];
  await writeFile(join(directory, "soft-labels.json"), `${JSON.stringify(file, undefined, 2)}\n`);
  await writeFile(join(directory, "references.json"), `${JSON.stringify(references, undefined, 2)}\n`);
}

/** Soft labels on disk, opened. */
export interface OpenSoftLabels {
  readonly file: SoftLabelsFile;
  readonly layout: RowLayout;
  readonly rows: StoredRows;
  /** Where the row of a sample and view is. Throws KDF_INTERNAL where there is none. */
  place(sample: number, view: number): RowPlace;
}

export async function readSoftLabelsFile(directory: string): Promise<LabelsFile> {
  return JSON.parse(await readFile(join(directory, "soft-labels.json"), "utf8")) as LabelsFile;
}

/**
 * Finds the files of shards in the store.
 *
 * @throws KDF_STORE_DAMAGED naming a shard that is not there or has another size than was written
 */
export function findShards(
  shards: readonly Pick<ListedShard, "key" | "rows" | "bytes">[],
  directory: string,
  parts: Pick<PartStore, "find">,
): Promise<RowFile[]> {
  return eachAtOnce(shards, async ({ key, rows, bytes }) => {
    const folder = await parts.find(key);
    if (folder === undefined) throw damaged(directory, new Error(`shard ${key.slice(0, 12)} is not in the store`));
    const path = join(folder, shardFile);
    const size = (await stat(path).catch((cause: unknown) => Promise.reject(damaged(path, cause)))).size;
    if (size !== bytes) throw damaged(path, new Error(`it has ${size} bytes, wanted ${bytes}`));
    return { path, rows };
  });
}

/**
 * Opens the shards of one teacher's soft labels.
 *
 * @param column where rows stand in their files; `logits` unless given
 * @throws KDF_STORE_DAMAGED naming a shard that is not there or has another size than was written
 */
export async function openShards(
  file: SoftLabelsFile,
  directory: string,
  parts: Pick<PartStore, "find">,
  column?: string,
): Promise<OpenSoftLabels> {
  const files = await findShards(file.shards, directory, parts);
  const { outputs, precision, topK, views, shardSize, sampleCount } = file;
  const layout: RowLayout = {
    classes: rowWidth(outputs),
    precision,
    topK: topK ?? undefined,
    ...(column && { column }),
  };
  return {
    file,
    layout,
    rows: new StoredRows(files, layout),
    place(sample, view) {
      if (!(sample >= 0 && sample < sampleCount && view >= 0 && view < views)) {
        throw new KdflowError(
          "KDF_INTERNAL",
          `there are no soft labels of sample ${sample}, view ${view} (${sampleCount} samples, ${views} views)`,
        );
      }
      const shard = Math.floor(sample / shardSize);
      return { file: shard, row: (sample - shard * shardSize) * views + view };
    },
  };
}

/** Opens the soft labels in `directory` as the trainer reads them. */
export async function openSoftLabels(directory: string, parts: Pick<PartStore, "find">): Promise<SoftLabels> {
  const file = await readSoftLabelsFile(directory);
  if (!("members" in file)) return softLabelsOf(await openShards(file, directory, parts));
  const members = await Promise.all(
    file.members.map(async (each) => softLabelsOf(await openShards(each, directory, parts))),
  );
  const { task, outputs, classNames, views, sampleCount, teacherDigest, average, weights } = file;
  return {
    task,
    content: "logits",
    outputs,
    classNames,
    views,
    sampleCount,
    teacherDigest,
    async read(indices, viewNumbers, out) {
      const answers: Float32Array[] = [];
      for (const member of members) {
        const own = new Float32Array(indices.length * rowWidth(member.outputs));
        await member.read(indices, viewNumbers, own);
        answers.push(own);
      }
      out.set(averageLogits({ members, weights, average }, answers, classNames, indices.length));
    },
    close: async () => void (await Promise.all(members.map((member) => member.close()))),
  };
}

/** One teacher's soft labels as the trainer reads them. */
function softLabelsOf({ file, layout, rows, place }: OpenSoftLabels): SoftLabels {
  return {
    task: file.task,
    content: "logits",
    outputs: file.outputs,
    classNames: file.classNames,
    views: file.views,
    sampleCount: file.sampleCount,
    teacherDigest: file.teacherDigest,
    async read(indices, views, out) {
      const places = Array.from(indices, (sample, at) => place(sample, views[at] ?? -1));
      decodeRows(await rows.read(places), layout, places.length, out);
    },
    close: () => rows.close(),
  };
}
