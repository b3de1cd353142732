import type { Dataset, StageContext, Teacher } from "../../core/index.ts";
import { assertDataset } from "../data/assert-dataset.ts";
import type { SoftLabelsLogitsOptions } from "../options.ts";
import { rowWidth } from "../tasks/outputs/answer-rows.ts";
import { assertTopK } from "./assert-top-k.ts";
import { type LabelJob, planShards, type Shard, shardIdentity } from "./label-job.ts";
import { type ListedShard, type SoftLabelsFile, writeSoftLabelsFile } from "./label-store.ts";
import { assertSteadyAnswers } from "./steady-answers.ts";
import { warnOfClamping } from "./warn-of-clamping.ts";
import { readShardNote, writeShard } from "./write-shard.ts";

/** What soft labels are made from. */
export interface LabelInputs {
  readonly data: Dataset;
  readonly teacher: Teacher;
}

/** Labels every training sample and view that is not labelled yet, and writes the list of all files. */
export async function writeLabels(
  options: SoftLabelsLogitsOptions,
  inputs: LabelInputs,
  context: StageContext,
): Promise<void> {
  const { data: dataset, teacher } = inputs;
  assertDataset(dataset, context);
  const views = viewsFor(options, dataset, context);
  await context.task(teacher.task).preflight?.(teacher, dataset, context.log);
  const { ensemble } = teacher;
  if (ensemble === undefined) {
    const file = await labelAll(options, { data: dataset, teacher }, views, context);
    return writeSoftLabelsFile(context.outputDir, file);
  }
  const members: SoftLabelsFile[] = [];
  for (const member of ensemble.members) {
    members.push(await labelAll(options, { data: dataset, teacher: member }, views, context));
  }
  const { average, weights } = ensemble;
  await writeSoftLabelsFile(context.outputDir, {
    format: 2,
    task: teacher.task,
    outputs: teacher.outputs,
    classNames: teacher.classNames,
    views,
    sampleCount: dataset.splits.train.count,
    teacherDigest: teacher.digest,
    average,
    weights,
    members,
  });
}

/** Labels with one teacher. */
async function labelAll(
  { topK, precision, shardSize, batchSize }: SoftLabelsLogitsOptions,
  { data: dataset, teacher }: LabelInputs,
  views: number,
  context: StageContext,
): Promise<SoftLabelsFile> {
  const classes = rowWidth(teacher.outputs);
  assertTopK(topK, classes);
  const layout = { classes, precision, topK };
  const shards = await makeShards({ dataset, teacher, layout, views, shardSize, batchSize }, context);
  warnOfClamping(shards, views, context);
  return {
    format: 2,
    task: teacher.task,
    outputs: teacher.outputs,
    classNames: teacher.classNames,
    views,
    sampleCount: dataset.splits.train.count,
    shardSize,
    precision,
    topK: topK ?? null,
    teacherDigest: teacher.digest,
    preprocessing: teacher.preprocessing,
    viewSpec: dataset.viewSpec,
    shards,
  };
}

/** Finds each shard in the store, or labels and commits it. */
async function makeShards(job: LabelJob, context: StageContext): Promise<ListedShard[]> {
  const planned = planShards(job).map((shard) => ({ shard, key: context.parts.key(shardIdentity(job, shard)) }));
  const found = await Promise.all(planned.map(({ key }) => context.parts.find(key)));
  if (found.includes(undefined)) await assertSteadyAnswers(job.teacher, job.dataset, context);
  const meter = imageMeter(context, job.dataset.splits.train.count * job.views);
  const listed: ListedShard[] = [];
  for (const [place, { shard, key }] of planned.entries()) {
    context.signal.throwIfAborted();
    const stored = found[place];
    if (stored !== undefined) meter.skipped(shard.count * job.views);
    const directory = stored ?? (await labelShard(job, shard, key, context, meter.labelled));
    const { rows, bytes, sha256, clamped } = await readShardNote(directory);
    listed.push({ key, first: shard.first, count: shard.count, rows, bytes, sha256, clamped });
  }
  return listed;
}

function labelShard(
  job: LabelJob,
  shard: Shard,
  key: string,
  context: StageContext,
  onImages: (images: number) => void,
): Promise<string> {
  const { signal } = context;
  return context.parts.commit(key, (directory) => writeShard(job, shard, directory, { signal, onImages }));
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

/** Without augmentations every view is the plain image, so that one is enough. */
function viewsFor({ views }: SoftLabelsLogitsOptions, dataset: Dataset, context: StageContext): number {
  if (dataset.augmented || views === 1) return views;
  context.log.warn("softLabelsViews", {
    message: `the data has no augmentations, so all ${views} views of a sample are equal; one is stored`,
    views,
  });
  return 1;
}
