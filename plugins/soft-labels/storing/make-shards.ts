import type { StageContext } from "../../../core/index.ts";
import { eachAtOnce } from "../../data/photos/each-at-once.ts";
import type { Shard } from "./label-job.ts";
import type { ShardNote } from "./write-shard.ts";

/** How the shards of one labelling are made. */
export interface ShardWork<Note extends ShardNote> {
  readonly shards: readonly Shard[];
  /** Images that the teacher is asked about for a shard. */
  imagesOf(shard: Shard): number;
  /** What a shard's key is made from. */
  identityOf(shard: Shard): Readonly<Record<string, unknown>>;
  /** Looks at the teacher before it labels; not called where every shard is stored. */
  ready(): Promise<void>;
  /** Labels a shard and writes its files, its note among them. */
  write(shard: Shard, directory: string, report: ShardReport): Promise<void>;
  readNote(directory: string): Promise<Note>;
}

export interface ShardReport {
  readonly signal: AbortSignal;
  readonly onImages: (images: number) => void;
}

/** Where a shard is. */
export interface ShardPlace {
  /** Key of the part that holds its file. */
  readonly key: string;
  /** Samples `first` … `first + count − 1` of the train split, each with all views. */
  readonly first: number;
  readonly count: number;
}

/** Finds each shard in the store, or labels and commits it. */
export async function makeShards<Note extends ShardNote>(
  { shards, imagesOf, identityOf, ready, write, readNote }: ShardWork<Note>,
  context: StageContext,
): Promise<(Note & ShardPlace)[]> {
  const { signal } = context;
  const planned = shards.map((shard) => ({ shard, key: context.parts.key(identityOf(shard)) }));
  const found = await eachAtOnce(planned, ({ key }) => context.parts.find(key));
  if (found.includes(undefined)) await ready();
  const total = shards.reduce((sum, shard) => sum + imagesOf(shard), 0);
  const meter = imageMeter(context, total);
  const listed: (Note & ShardPlace)[] = [];
  for (const [place, { shard, key }] of planned.entries()) {
    signal.throwIfAborted();
    const stored = found[place];
    if (stored !== undefined) meter.skipped(imagesOf(shard));
    const directory =
      stored ??
      (await context.parts.commit(key, (folder) => write(shard, folder, { signal, onImages: meter.labelled })));
    listed.push({ key, first: shard.first, count: shard.count, ...(await readNote(directory)) });
  }
  return listed;
}

interface ImageMeter {
  readonly labelled: (images: number) => void;
  readonly skipped: (images: number) => void;
}

/** Reports progress; the speed counts only images that were labelled now. */
function imageMeter(context: StageContext, total: number): ImageMeter {
  const startMs = performance.now();
  let done = 0;
  let labelledNow = 0;
  const report = (images: number, labelled: number): void => {
    done += images;
    labelledNow += labelled;
    const seconds = (performance.now() - startMs) / 1000;
    const values = labelledNow === 0 ? undefined : { imagesPerSecond: Math.round(labelledNow / seconds) };
    context.progress({ unit: "images", done, total, ...(values === undefined ? {} : { values }) });
  };
  return { labelled: (images) => report(images, images), skipped: (images) => report(images, 0) };
}
