import {
  type Dataset,
  defineProvider,
  KdflowError,
  type ProviderOf,
  type StageContext,
  type Teacher,
} from "../../core/index.ts";
import type { SoftLabelsLogitsOptions } from "../options.ts";
import { assertSameClasses } from "./check-classes.ts";
import { type LabelJob, planShards, type Shard, shardIdentity } from "./label-job.ts";
import { type ListedShard, openSoftLabels, softLabelsOf, writeSoftLabelsFile } from "./label-store.ts";
import { assertTeacherKnows } from "./teacher-check.ts";
import { verifySoftLabels } from "./verify.ts";
import { readShardNote, writeShard } from "./write-shard.ts";

/** Samples that `kdflow cache verify` labels again. */
const verifySamples = 256;

interface Inputs {
  readonly data: Dataset;
  readonly teacher: Teacher;
}

/**
 * Raw logits of every training sample and view, in Arrow files of `shardSize` samples. Temperature, loss weights,
 * student and seeds play no part, so changing them never asks the teacher again. Each file is a part of its own: a
 * killed run goes on with the next file, and added data is labelled alone.
 *
 * @see Hinton, Vinyals, Dean (2015), arXiv:1503.02531; stored labels: Shen, Xing (2022), arXiv:2112.01528
 */
export const logits: ProviderOf<"softLabels"> = defineProvider<"softLabels", SoftLabelsLogitsOptions>("softLabels", {
  id: "logits",
  summary: "the teacher's raw logits of every training sample and view, written once",
  reference: "arXiv:1503.02531",
  cacheVersion: 1,
  cacheIgnore: ["batchSize"],
  numeric: true,

  describe(options, inputs) {
    const data = inputs["data"]?.[0]?.classNames;
    const teacher = inputs["teacher"]?.[0]?.classNames;
    if (data !== undefined && teacher !== undefined) assertSameClasses(teacher, data);
    const classNames = teacher ?? data;
    if (classNames !== undefined) assertTopK(options.topK, classNames.length);
    return { classNames, outputKind: "softmax-logits", views: options.views };
  },

  async run(options, inputs, context) {
    const { data: dataset, teacher } = inputs as unknown as Inputs;
    assertSameClasses(teacher.classNames, dataset.classNames);
    const { topK, precision, shardSize, batchSize } = options;
    assertTopK(topK, teacher.classNames.length);
    const layout = { classes: teacher.classNames.length, precision, topK };
    const views = viewsFor(options, dataset, context);
    await assertTeacherKnows(teacher, dataset);
    const shards = await makeShards({ dataset, teacher, layout, views, shardSize, batchSize }, context);
    warnOfClamping(shards, views, context);
    await writeSoftLabelsFile(context.outputDir, {
      format: 1,
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
    });
  },

  open: async ({ directory }, _options, context) => softLabelsOf(await openSoftLabels(directory, context.parts)),

  async verify({ directory }, _options, inputs, context) {
    const { data, teacher } = inputs as unknown as Inputs;
    const labels = await openSoftLabels(directory, context.parts);
    try {
      return await verifySoftLabels(labels, data, teacher, verifySamples);
    } finally {
      await labels.rows.close();
    }
  },
});

/** Finds each shard in the store, or labels and commits it. */
async function makeShards(job: LabelJob, context: StageContext): Promise<ListedShard[]> {
  const planned = planShards(job).map((shard) => ({ shard, key: context.parts.key(shardIdentity(job, shard)) }));
  const found = await Promise.all(planned.map(({ key }) => context.parts.find(key)));
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

/** @throws KDF_PLAN_OPTIONS where every class would be stored */
function assertTopK(topK: number | undefined, classes: number): void {
  if (topK === undefined || topK < classes) return;
  throw new KdflowError("KDF_PLAN_OPTIONS", `topK is ${topK}, but there are only ${classes} classes`, {
    hint: `give 1 … ${classes - 1}, or leave topK out to store all logits`,
  });
}

function warnOfClamping(shards: readonly ListedShard[], views: number, context: StageContext): void {
  const clamped = shards.reduce((sum, shard) => sum + shard.clamped, 0);
  if (clamped === 0) return;
  context.log.warn("softLabelsClamped", {
    message: `${clamped} logits lie outside the range of the stored precision and were clamped; try precision: float32`,
    clamped,
    images: shards.reduce((sum, shard) => sum + shard.count, 0) * views,
  });
}
