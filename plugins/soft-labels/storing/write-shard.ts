import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Column, encodeArrowFile } from "../files/arrow-file.ts";
import { type LabelJob, type Shard, shardMetadata } from "./label-job.ts";
import { labelRows } from "./label-rows.ts";
import { createColumns, encodeRows, type RowColumns, type RowLayout, valuesColumn } from "./rows.ts";

/** Names of the files in a shard's folder. */
export const shardFile = "labels.arrow";
export const noteFile = "shard.json";

/** What `shard.json` says of the file beside it. */
export interface ShardNote {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Logits that were clamped to the largest finite number of the precision. */
  readonly clamped: number;
}

/**
 * Labels the samples of one shard and writes its files. Row `(sample − first) · views + view` is that sample's view.
 *
 * @param onImages called after each batch with the number of images done in it
 * @throws the signal's reason between batches; nothing is kept of the shard then
 */
export async function writeShard(
  job: LabelJob,
  shard: Shard,
  directory: string,
  { signal, onImages }: { readonly signal: AbortSignal; readonly onImages: (images: number) => void },
): Promise<void> {
  const rows = shard.count * job.views;
  const columns = createColumns(rows, job.layout);
  const samples = Uint32Array.from({ length: rows }, (_, row) => shard.first + Math.floor(row / job.views));
  const views = Uint16Array.from({ length: rows }, (_, row) => row % job.views);
  let clamped = 0;
  const label = (start: number): Promise<Float32Array> => {
    const length = Math.min(job.batchSize, rows - start);
    const batch = Array.from({ length }, (_, place) => ({
      sample: samples[start + place] ?? 0,
      view: views[start + place] ?? 0,
    }));
    const logits = labelRows(job, batch);
    // whoever awaits it is told; until then a failure is nobody's
    logits.catch(() => undefined);
    return logits;
  };
  let next = label(0);
  for (let start = 0; start < rows; start += job.batchSize) {
    signal.throwIfAborted();
    const logits = next;
    // the images of the next batch are rendered while the teacher looks at this one
    if (start + job.batchSize < rows) next = label(start + job.batchSize);
    clamped += encodeRows(await logits, job.layout, columns, start);
    onImages(Math.min(job.batchSize, rows - start));
  }
  const bytes = await encodeArrowFile(
    rows,
    [
      { name: "sample", type: "uint32", values: samples },
      { name: "view", type: "uint16", values: views },
      ...labelColumns(columns, job.layout),
    ],
    shardMetadata(job, shard, clamped),
  );
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const note: ShardNote = { rows, bytes: bytes.length, sha256, clamped };
  await writeFile(join(directory, shardFile), bytes);
  await writeFile(join(directory, noteFile), `${JSON.stringify(note)}\n`);
}

export async function readShardNote(directory: string): Promise<ShardNote> {
  return JSON.parse(await readFile(join(directory, noteFile), "utf8")) as ShardNote;
}

function labelColumns({ values, indices, residual }: RowColumns, layout: RowLayout): Column[] {
  const listSize = layout.topK ?? layout.classes;
  const name = valuesColumn(layout);
  const numbers: Column =
    values instanceof Uint16Array
      ? { name, type: "float16", listSize, values }
      : { name, type: "float32", listSize, values };
  if (indices === undefined || residual === undefined) return [numbers];
  const places: Column =
    indices instanceof Uint16Array
      ? { name: "indices", type: "uint16", listSize, values: indices }
      : { name: "indices", type: "int32", listSize, values: indices };
  return [places, numbers, { name: "residual", type: "float32", values: residual }];
}
