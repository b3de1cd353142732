import { KdflowError, type Outputs, type StageContext, type Teacher } from "../../../core/index.ts";
import { assertDataset } from "../../data/samples/assert-dataset.ts";
import type { SoftLabelsFeaturesOptions } from "../../options.ts";
import { rowWidth } from "../../tasks/outputs/answer-rows.ts";
import { type LabelJob, storedOutputs } from "../storing/label-job.ts";
import { writeListed } from "../storing/label-store.ts";
import { type LabelInputs, labelShards, viewsFor } from "../storing/write-labels.ts";
import { type FeaturesFile, featuresColumn } from "./feature-store.ts";
import { sizeWords } from "./size-words.ts";

const bytesOf = { float16: 2, float32: 4 } as const;

/** Asks the teacher once about every training sample and view, for its outputs and its features at some taps. */
export async function writeFeatures(
  options: SoftLabelsFeaturesOptions,
  { data: dataset, teacher }: LabelInputs,
  context: StageContext,
): Promise<void> {
  assertDataset(dataset, context);
  const taps = chosenTaps(options.taps, teacher);
  const views = viewsFor(options, dataset, context);
  const outputs = storedOutputs({ teacher, taps });
  const { precision, shardSize, batchSize } = options;
  const layout = { classes: rowWidth(outputs), precision, topK: undefined, column: featuresColumn };
  const job: LabelJob = { dataset, teacher, layout, taps, views, shardSize, batchSize };
  tellSize(job, context);
  await context.task(teacher.task).preflight?.(teacher, dataset, context.log);
  const shards = await labelShards(job, context);
  const file: FeaturesFile = {
    format: 2,
    content: "features",
    task: teacher.task,
    outputs,
    teacherOutputs: teacher.outputs,
    taps,
    classNames: teacher.classNames,
    views,
    sampleCount: dataset.splits.train.count,
    shardSize,
    precision,
    topK: null,
    teacherDigest: teacher.digest,
    preprocessing: teacher.preprocessing,
    viewSpec: dataset.viewSpec,
    shards,
  };
  await writeListed(context.outputDir, file, shards);
}

/** @throws KDF_PLAN_FEATURES for a tap that the teacher does not have */
function chosenTaps(names: readonly string[], { taps = {} }: Teacher): Outputs {
  const missing = names.filter((name) => !Object.hasOwn(taps, name));
  if (missing.length === 0) {
    return Object.fromEntries(Object.entries(taps).filter(([name]) => names.includes(name)));
  }
  const there = Object.keys(taps);
  throw new KdflowError("KDF_PLAN_FEATURES", `the teacher has no tap "${missing.join('", "')}" to store`, {
    hint: there.length === 0 ? "it has none; such a teacher cannot give features" : `it has: ${there.join(", ")}`,
    option: "/taps",
  });
}

/** Says how large the store will be before anything is written. */
function tellSize({ dataset, taps = {}, layout, views }: LabelJob, context: StageContext): void {
  const { count } = dataset.splits.train;
  const rowBytes = layout.classes * bytesOf[layout.precision];
  const bytes = count * views * rowBytes;
  const shapes = Object.entries(taps).map(([name, { shape }]) => `${name} ${shape.join("×")}`);
  const images = `${count} images in ${views} ${views === 1 ? "view" : "views"}`;
  const message = `features of ${images}: ${shapes.join(", ")}; ${sizeWords(rowBytes)} each, ${sizeWords(bytes)} in ${layout.precision}`;
  context.log.info("featuresSize", { message, bytes, rowBytes });
}
