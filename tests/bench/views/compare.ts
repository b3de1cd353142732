import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Metrics } from "../../../core/index.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { shardFile } from "../../../plugins/soft-labels/storing/write-shard.ts";
import type { ViewsBenchOptions } from "./options.ts";

/** What one way of having soft labels gave. */
export interface VariantMeasure {
  /** Views of each sample that are stored; `online` for a teacher in the loop. */
  readonly views: number | "online";
  /** Student's top-1 accuracy on the test split over the seeds, a fraction of 1. */
  readonly top1: { readonly mean: number; readonly sd: number | null };
  readonly seeds: number;
  /** Of the soft-label stage. */
  readonly labelMs: number;
  /** Of all seeds together. */
  readonly trainMs: number;
  /** Of the shards of soft labels. */
  readonly storedBytes: number;
}

export interface Comparison {
  /** Teacher's top-1 accuracy on the test split, a fraction of 1. */
  readonly teacherTop1: number;
  readonly variants: readonly VariantMeasure[];
}

/**
 * Trains the recipe's students, without baselines, for as many epochs with each way of having soft labels. The teacher
 * is trained where the store does not have it; soft labels and students are always made anew.
 */
export async function compareViews(options: ViewsBenchOptions, say: (text: string) => void): Promise<Comparison> {
  const variants: VariantMeasure[] = [];
  let teacherTop1 = Number.NaN;
  await makeTeacher(options, say);
  for (const views of [...options.views, "online"] as const) {
    say(views === "online" ? "online" : `${views} of each sample`);
    const { measure, metrics } = await runVariant(options, views, say);
    variants.push(measure);
    teacherTop1 = rowOf(metrics, "teacher").mean;
  }
  return { teacherTop1, variants };
}

const labelsOf = (views: number | "online"): string =>
  views === "online" ? "{ use: online }" : `{ use: logits, views: ${views} }`;

/** Also loads the backend, so that the first variant does not pay for that. */
async function makeTeacher(options: ViewsBenchOptions, say: (text: string) => void): Promise<void> {
  const session = await open(options, 1, {}, say);
  await (await session.prepare()).backend.load();
  const { error } = await session.run({ until: "teacher" });
  if (error !== undefined) throw error;
}

async function runVariant(
  options: ViewsBenchOptions,
  views: number | "online",
  say: (text: string) => void,
): Promise<{ readonly measure: VariantMeasure; readonly metrics: Metrics }> {
  const spentMs = { softLabels: 0, train: 0 };
  let storedBytes = 0;
  let seeds = 0;
  const observe = {
    ended(kind: string, durationMs: number) {
      if (kind === "train") seeds += 1;
      if (kind === "softLabels" || kind === "train") spentMs[kind] += durationMs;
    },
    async stored(kind: string, directory: string) {
      if (kind === "softLabels") storedBytes = await partsSize(directory);
    },
  };
  const session = await open(options, views, observe, say);
  const stages = (await session.plan({ until: "evaluate" })).stages;
  const force = stages.filter(({ kind }) => kind === "softLabels" || kind === "train").map(({ stage }) => stage);
  const { error, metrics } = await session.run({ until: "evaluate", force });
  if (error !== undefined) throw error;
  const scores = metrics["evaluate"] as Metrics;
  const { softLabels, train } = spentMs;
  const top1 = rowOf(scores, "student");
  return { measure: { views, top1, seeds, labelMs: softLabels, trainMs: train, storedBytes }, metrics: scores };
}

interface VariantObserver {
  ended?(kind: string, durationMs: number): void;
  stored?(kind: string, directory: string): Promise<void>;
}

function open(
  { pipeline, set, store }: ViewsBenchOptions,
  views: number | "online",
  { ended, stored }: VariantObserver,
  say: (text: string) => void,
) {
  return openSession({
    file: pipeline,
    builtins: [builtins],
    storeDir: store,
    set: [...set, `stages.softLabels=${labelsOf(views)}`, "stages.train.baseline=false"],
    observe(hooks) {
      for (const kind of ["teacher", "softLabels", "train"] as const) {
        hooks.stageEnd.for(kind).tapPromise("bench", async ({ stage, durationMs }) => {
          say(`  ${stage}: ${(durationMs / 1000).toFixed(1)} s`);
          ended?.(kind, durationMs);
        });
      }
      hooks.artifact.tapPromise("bench", async ({ kind, directory }) => stored?.(kind, directory));
    },
  });
}

/** Bytes of the files that an artifact refers to. */
async function partsSize(directory: string): Promise<number> {
  const text = await readFile(join(directory, "references.json"), "utf8").catch(() => "[]");
  const sizes = (JSON.parse(text) as readonly string[]).map(
    async (key) => (await stat(join(dirname(directory), key, shardFile))).size,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function rowOf({ rows }: Metrics, role: "teacher" | "student"): VariantMeasure["top1"] {
  const top1 = rows.find((row) => row.role === role)?.metrics["top1"];
  if (top1 === undefined) throw new Error(`the recipe's evaluation has no top-1 accuracy of the ${role}`);
  return top1;
}
