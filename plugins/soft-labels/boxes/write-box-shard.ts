import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { boxNumbers } from "../../tasks/detection/names.ts";
import { encodeArrowFile } from "../files/arrow-file.ts";
import type { Shard } from "../storing/label-job.ts";
import type { ShardReport } from "../storing/make-shards.ts";
import { noteFile, type ShardNote, shardFile } from "../storing/write-shard.ts";
import { arrowColumns, createBoxColumns, encodeBox } from "./box-columns.ts";
import { type BoxJob, boxShardMetadata, type PhotoRows, rowsOfShard } from "./box-job.ts";

/** What `shard.json` says of the rows beside it. */
export interface BoxShardNote extends ShardNote {
  /** Rows of each photo in each of its views, photo by photo. */
  readonly counts: readonly number[];
  /** Photos of which boxes after suppression found no room. */
  readonly cutPhotos: number;
  /** Photos of which the teacher may have had more rows than it handed over. */
  readonly shortPhotos: number;
}

/**
 * Labels the photos of one shard and writes its files: rows of boxes, photo by photo.
 *
 * @throws the signal's reason between batches; nothing is kept of the shard then
 */
export async function writeBoxShard(
  job: BoxJob,
  shard: Shard,
  directory: string,
  { signal, onImages }: ShardReport,
): Promise<void> {
  const photos: PhotoRows[] = [];
  const wanted = rowsOfShard(job, shard);
  const count = wanted.length;
  const label = (start: number): Promise<readonly PhotoRows[]> => {
    const labelled = job.rowsOf(wanted.slice(start, start + job.batchSize));
    // whoever awaits it is told; until then a failure is nobody's
    labelled.catch(() => undefined);
    return labelled;
  };
  let next = label(0);
  for (let start = 0; start < count; start += job.batchSize) {
    signal.throwIfAborted();
    const now = next;
    // the photos of the next batch are rendered while the teacher looks at this one
    if (start + job.batchSize < count) next = label(start + job.batchSize);
    photos.push(...(await now));
    onImages(Math.min(job.batchSize, count - start));
  }
  const { layout } = job;
  const width = boxNumbers + layout.classes;
  const counts = photos.map(({ values }) => values.length / width);
  const rows = counts.reduce((sum, own) => sum + own, 0);
  const columns = createBoxColumns(rows, layout);
  const samples = new Uint32Array(rows);
  const views = job.views === undefined ? undefined : new Uint16Array(rows);
  let clamped = 0;
  let row = 0;
  for (const [place, { values }] of photos.entries()) {
    for (let at = 0; at < values.length; at += width, row++) {
      samples[row] = wanted[place]?.sample ?? 0;
      if (views !== undefined) views[row] = wanted[place]?.view ?? 0;
      clamped += encodeBox(values.subarray(at, at + width), layout, columns, row);
    }
  }
  const metadata = boxShardMetadata(job, shard, clamped);
  const bytes = await encodeArrowFile(rows, arrowColumns({ samples, views }, columns, layout), metadata);
  const note: BoxShardNote = {
    rows,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    clamped,
    counts,
    cutPhotos: photos.filter(({ cut }) => cut > 0).length,
    shortPhotos: photos.filter(({ isShort }) => isShort).length,
  };
  await writeFile(join(directory, shardFile), bytes);
  await writeFile(join(directory, noteFile), `${JSON.stringify(note)}\n`);
}

export async function readBoxShardNote(directory: string): Promise<BoxShardNote> {
  return JSON.parse(await readFile(join(directory, noteFile), "utf8")) as BoxShardNote;
}
