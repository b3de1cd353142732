import type { StageContext } from "../../../core/index.ts";
import { rowsKind } from "../../tasks/detection/names.ts";
import { planShards } from "../storing/label-job.ts";
import { writeListed } from "../storing/label-store.ts";
import { makeShards } from "../storing/make-shards.ts";
import { type BoxJob, boxShardIdentity } from "./box-job.ts";
import type { DetectionsFile } from "./box-store.ts";
import { readBoxShardNote, writeBoxShard } from "./write-box-shard.ts";

/**
 * Makes the files of boxes that are not stored yet, writes the list of all of them, and says what is in them.
 *
 * @param ready looks at where boxes come from; not called where every file is there
 */
export async function storeBoxes(job: BoxJob, ready: () => Promise<void>, context: StageContext): Promise<void> {
  const { dataset, teacher, top, minScore, layout } = job;
  const shards = await makeShards(
    {
      shards: planShards(job),
      imagesOf: ({ count }) => count * (job.views ?? 1),
      identityOf: (shard) => boxShardIdentity(job, shard),
      ready,
      write: (shard, directory, report) => writeBoxShard(job, shard, directory, report),
      readNote: readBoxShardNote,
    },
    context,
  );
  const output = Object.values(teacher.outputs).find(({ kind }) => kind === rowsKind);
  const file: DetectionsFile = {
    format: 1,
    content: "detections",
    task: teacher.task,
    ...(job.views === undefined ? { replay: "transformed" } : { replay: "exact", views: job.views }),
    classNames: teacher.classNames,
    objectness: output?.objectness !== false,
    top,
    minScore,
    precision: layout.precision,
    topK: layout.topK ?? null,
    sampleCount: dataset.splits.train.count,
    teacherDigest: teacher.digest,
    preprocessing: teacher.preprocessing,
    shards,
  };
  await writeListed(context.outputDir, file, shards);
  tell(file, output?.shape[0], context);
}

function tell(
  { shards, views = 1, top, minScore, sampleCount }: DetectionsFile,
  given: number | undefined,
  context: StageContext,
): void {
  const sum = (of: (shard: DetectionsFile["shards"][number]) => number): number =>
    shards.reduce((total, shard) => total + of(shard), 0);
  const rows = sum((shard) => shard.rows);
  const bytes = sum((shard) => shard.bytes);
  const megabytes = (bytes / 1e6).toFixed(1);
  const photos = sampleCount * views;
  const things = views === 1 ? "photos" : "views of photos";
  const message = `${rows} rows of ${photos} ${things} are stored, ${megabytes} MB; of what lies below a score of ${minScore} nothing is said`;
  context.log.info("detectionsStored", { message, rows, bytes, samples: sampleCount });
  const cut = sum(({ cutPhotos }) => cutPhotos);
  if (cut > 0) {
    const text = `${cut} of ${photos} ${things} have more than ${top} boxes after suppression, and the surest are stored; raise \`top\``;
    context.log.warn("detectionsCut", { message: text, photos: cut });
  }
  const short = sum(({ shortPhotos }) => shortPhotos);
  if (short > 0 && given !== undefined) {
    const text = `of ${short} of ${photos} ${things} all ${given} rows that the teacher hands over score above ${minScore}: it may have more; raise \`top\` at the teacher, or \`minScore\` here`;
    context.log.warn("detectionsShort", { message: text, photos: short });
  }
  const clamped = sum((shard) => shard.clamped);
  if (clamped === 0) return;
  const text = `${clamped} logits lie outside the range of the stored precision and were clamped; try precision: float32`;
  context.log.warn("softLabelsClamped", { message: text, clamped });
}
