import type { Dataset, StageContext, Teacher } from "../../../core/index.ts";
import { assertDataset } from "../../data/samples/assert-dataset.ts";
import type { SoftLabelsLogitsOptions } from "../../options.ts";
import { rowWidth } from "../../tasks/outputs/answer-rows.ts";
import { assertTopK } from "../importing/assert-top-k.ts";
import { type LabelJob, planShards, shardIdentity } from "./label-job.ts";
import { type SoftLabelsFile, writeSoftLabelsFile } from "./label-store.ts";
import { makeShards, type ShardPlace } from "./make-shards.ts";
import { assertSteadyAnswers } from "./steady-answers.ts";
import { warnOfClamping } from "./warn-of-clamping.ts";
import { readShardNote, type ShardNote, writeShard } from "./write-shard.ts";

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
  const job: LabelJob = { dataset, teacher, layout, views, shardSize, batchSize };
  const shards = await labelShards(job, context);
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

/** Makes the files of a job that are not there yet, and warns of values that did not fit. */
export async function labelShards(job: LabelJob, context: StageContext): Promise<(ShardNote & ShardPlace)[]> {
  const { dataset, teacher, views } = job;
  const shards = await makeShards(
    {
      shards: planShards(job),
      imagesOf: ({ count }) => count * views,
      identityOf: (shard) => shardIdentity(job, shard),
      ready: () => assertSteadyAnswers(teacher, dataset, context),
      write: (shard, directory, report) => writeShard(job, shard, directory, report),
      readNote: readShardNote,
    },
    context,
  );
  warnOfClamping(shards, views, context);
  return shards;
}

/** Without augmentations every view is the plain image, so that one is enough. */
export function viewsFor(
  { views }: Pick<SoftLabelsLogitsOptions, "views">,
  dataset: Dataset,
  context: StageContext,
): number {
  if (dataset.augmented || views === 1) return views;
  context.log.warn("softLabelsViews", {
    message: `the data has no augmentations, so all ${views} views of a sample are equal; one is stored`,
    views,
  });
  return 1;
}
