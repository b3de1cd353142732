import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { type Dataset, KdflowError, type StageContext, type Teacher } from "../../../core/index.ts";
import { assertDataset } from "../../data/samples/assert-dataset.ts";
import type { SoftLabelsImportOptions } from "../../options.ts";
import { classLabels } from "../../tasks/classification/class-labels.ts";
import { selectClasses } from "../../tasks/classification/class-selection.ts";
import { classificationId, classifierOutputs } from "../../tasks/classification/names.ts";
import { judgeAnswers } from "../../tasks/classification/preflight/teacher-check.ts";
import { evenIndices, firstClasses } from "../../tasks/classification/preflight/teacher-sample.ts";
import { modelClasses } from "../../teachers/asking/model-classes.ts";
import { asLogits, type ScoreKind, scoreKindOf } from "../../teachers/asking/scores.ts";
import { type LabelFile, openLabelFile } from "../files/label-file.ts";
import { type LabelRow, planShards, shardIdentity } from "../storing/label-job.ts";
import { type ListedShard, writeSoftLabelsFile } from "../storing/label-store.ts";
import { warnOfClamping } from "../storing/warn-of-clamping.ts";
import { readShardNote, writeShard } from "../storing/write-shard.ts";
import { matchRows } from "./match-rows.ts";

/** Rows that tell probabilities from logits, and samples whose labels are compared. */
const probeRows = 256;
const comparedSamples = 512;
const batchSize = 256;

/** @throws KDF_INPUT_CLASSES where nothing names the classes, or another number of them */
export async function importedClasses(
  { classes, file }: SoftLabelsImportOptions,
  found: Pick<LabelFile, "classes" | "classNames">,
  data: readonly string[] | undefined,
  baseDir: string,
): Promise<readonly string[]> {
  const request = { model: file, count: found.classes, file: classes, baseDir, own: found.classNames, data };
  const named = await modelClasses(request);
  if (named !== undefined) return named.names;
  throw new KdflowError("KDF_INPUT_CLASSES", `nothing names the ${found.classes} classes of "${file}"`, {
    hint: "say `classes: names.txt`",
  });
}

/** Matches the rows of a file to the training samples, checks them and stores them as kdflow's own. */
export async function writeImported(
  options: SoftLabelsImportOptions,
  dataset: Dataset,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  assertDataset(dataset, context);
  const path = resolve(context.baseDir, options.file);
  const file = await openLabelFile(path);
  try {
    const classNames = await importedClasses(options, file, dataset.classNames, context.baseDir);
    const rowOf = matchRows(file, dataset.splits.train, options.views);
    const kind = await kindOf(options, file, context);
    const classes = classNames.length;
    const read = async (rows: readonly LabelRow[]): Promise<Float32Array> =>
      asLogits(await file.read(rows.map(({ sample, view }) => rowOf(sample, view))), kind);
    if (dataset.classNames.length > 0) await compareWithLabels(read, classNames, dataset, context, path);
    if (file.digest === undefined && file.sample === undefined) {
      const message = `rows of "${path}" do not say which sample they are of and are taken in the order of the training split: swapped rows of one class would not be noticed; a column \`digest\` or \`sample\` settles it (docs/soft-labels.md)`;
      context.log.warn("importedOrder", { message });
    }
    const digest = createHash("sha256")
      .update(`${await context.fileDigest(path)} ${kind}`)
      .digest("hex");
    const teacher = importedTeacher(digest, classNames, dataset);
    const { precision, shardSize, views } = options;
    const layout = { classes, precision, topK: undefined };
    const job = { dataset, teacher, layout, views, shardSize, batchSize, answers: read };
    const shards: ListedShard[] = [];
    let done = 0;
    const total = dataset.splits.train.count * views;
    for (const shard of planShards(job)) {
      context.signal.throwIfAborted();
      const key = context.parts.key({ ...shardIdentity(job, shard), kind: "softLabels/import" });
      const onImages = (images: number): void => {
        done += images;
        context.progress({ unit: "rows", done, total });
      };
      const stored = await context.parts.find(key);
      const directory =
        stored ??
        (await context.parts.commit(key, (folder) =>
          writeShard(job, shard, folder, { signal: context.signal, onImages }),
        ));
      shards.push({ key, first: shard.first, count: shard.count, ...(await readShardNote(directory)) });
    }
    warnOfClamping(shards, views, context);
    await writeSoftLabelsFile(context.outputDir, {
      format: 2,
      task: classificationId,
      outputs: teacher.outputs,
      classNames,
      views,
      sampleCount: dataset.splits.train.count,
      shardSize,
      precision,
      topK: null,
      teacherDigest: digest,
      preprocessing: teacher.preprocessing,
      viewSpec: dataset.viewSpec,
      shards,
    });
  } finally {
    await file.close();
  }
}

async function kindOf({ scores }: SoftLabelsImportOptions, file: LabelFile, context: StageContext): Promise<ScoreKind> {
  if (scores !== "auto") return scores;
  const rows = evenIndices(file.rows, Math.min(probeRows, file.rows));
  const kind = scoreKindOf(await file.read([...rows]), file.classes);
  const told = kind === "probabilities" ? "probabilities; their logarithms are used" : "logits";
  context.log.info("importedScores", {
    message: `the numbers in "${file.path}" are taken to be ${told}`,
    scores: kind,
  });
  return kind;
}

/**
 * Compares the first view's best class with the labels: rows in another order than the samples do no better than chance.
 *
 * @throws KDF_TEACHER_CHANCE, KDF_PLAN_CLASSES
 */
async function compareWithLabels(
  read: (rows: readonly LabelRow[]) => Promise<Float32Array>,
  classNames: readonly string[],
  dataset: Dataset,
  { log }: StageContext,
  path: string,
): Promise<void> {
  const { train } = dataset.splits;
  const indices = evenIndices(train.count, Math.min(comparedSamples, train.count));
  const scores = await read(Array.from(indices, (sample) => ({ sample, view: 0 })));
  const selection = selectClasses({ classNames }, dataset.classNames);
  const count = indices.length;
  const answers = firstClasses(
    selection.select(scores, count, new Float32Array(count * selection.classes)),
    selection.classes,
  );
  const truth = classLabels(train);
  const labels = indices.map((index) => truth[index] ?? 0);
  const sample = { pixels: new Uint8Array(), count, labels, classNames: dataset.classNames, selection };
  await judgeAnswers(answers, sample, { who: `"${path}"`, samples: "training samples", log }, async () => [
    "rows without a column `sample` or `digest` are taken in the order of the training split, which leaves out validation samples",
  ]);
}

/** Stands for whoever made the labels in what is stored. */
function importedTeacher(digest: string, classNames: readonly string[], { imageSize }: Dataset): Teacher {
  return {
    task: classificationId,
    classNames,
    outputs: classifierOutputs(classNames.length),
    imageSize: imageSize,
    digest,
    preprocessing: "imported",
    predict: async () => {
      throw new KdflowError("KDF_INTERNAL", "imported soft labels have no teacher to ask");
    },
    dispose: () => undefined,
  };
}
