import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metrics, MetricsRow } from "../../../core/index.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { baselineRow, type Method } from "./methods.ts";

interface MethodRequest {
  readonly pipeline: string;
  readonly store: string;
  readonly set: readonly string[];
  say(text: string): void;
}

/** A score over the seeds, a fraction of 1. */
export interface Score {
  readonly mean: number;
  /** `null` of one seed. */
  readonly sd: number | null;
  readonly seeds: number;
}

export interface MethodMeasure {
  readonly method: string;
  /** Top-1 accuracy on the test split. */
  readonly student: Score;
  /** Of the baseline's row; the others do not ask it again. */
  readonly teacher: Score | undefined;
  /** Of all seeds' trainings together, when they were made; `undefined` where that is not known. */
  readonly trainMs: number | undefined;
  /** Of storing what it trained on; 0 where the teacher is in the loop, `undefined` where that is not known. */
  readonly labelMs: number | undefined;
}

/** Milliseconds that stages took, by their keys: results that are reused took theirs in an earlier part of the bench. */
type Durations = Readonly<Record<string, number>>;

/** Trains and scores the students of one row; whatever the store has is reused. */
export async function runMethod(method: string, row: Method, request: MethodRequest): Promise<MethodMeasure> {
  const timesFile = join(request.store, "bench-losses.json");
  const before = await readDurations(timesFile);
  const now: Record<string, number> = {};
  const keys = { teacher: [] as string[], softLabels: [] as string[], train: [] as string[] };
  const changes = [
    `stages.loss=${row.loss}`,
    row.softLabels === undefined ? "stages.train.views=$vars.views" : `stages.softLabels=${row.softLabels}`,
    ...(method === baselineRow ? [] : ["stages.evaluate.inputs.teacher=[]"]),
  ];
  const session = await openSession({
    file: request.pipeline,
    builtins: [builtins],
    storeDir: request.store,
    set: [...changes, ...request.set],
    observe(hooks) {
      for (const kind of ["teacher", "softLabels", "train"] as const) {
        hooks.stageEnd.for(kind).tapPromise("bench", async ({ stage, key, durationMs }) => {
          request.say(`  ${stage}: ${(durationMs / 1000).toFixed(1)} s`);
          now[key] = durationMs;
          keys[kind].push(key);
          // a bench that is stopped still knows what was done
          await writeDurations(timesFile, { ...before, ...now });
        });
        hooks.stageSkipped.for(kind).tapPromise("bench", async ({ key }) => void keys[kind].push(key));
      }
    },
  });
  const { error, metrics } = await session.run({ until: "evaluate" });
  if (error !== undefined) throw error;
  const spentOn = (stages: readonly string[]): number | undefined =>
    stages.reduce<number | undefined>((sum, key) => {
      const ms = now[key] ?? before[key];
      return sum === undefined || ms === undefined ? undefined : sum + ms;
    }, 0);
  const scores = metrics["evaluate"] as Metrics;
  return {
    method,
    student: scoreOf(scores, "student"),
    teacher: method === baselineRow ? scoreOf(scores, "teacher") : undefined,
    labelMs: spentOn(keys.softLabels),
    trainMs: spentOn(keys.train),
  };
}

function scoreOf({ rows }: Metrics, role: MetricsRow["role"]): Score {
  const row = rows.find((each) => each.role === role);
  const top1 = row?.metrics["top1"];
  if (row === undefined || top1 === undefined) throw new Error(`the run has no top-1 accuracy of a ${role}`);
  return { ...top1, seeds: row.stages.length };
}

async function readDurations(file: string): Promise<Durations> {
  return JSON.parse(await readFile(file, "utf8").catch(() => "{}")) as Durations;
}

async function writeDurations(file: string, durations: Durations): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, `${JSON.stringify(durations, undefined, 2)}\n`);
}
