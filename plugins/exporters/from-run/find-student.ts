import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { allowedHint, KdflowError } from "../../../core/index.ts";
import type { OpenedRun, RunStage } from "../../scaffold/init/host.ts";

/** A student that a run has, finished or not. */
export interface RunStudent {
  /** The stage that trains it, or that brings it. */
  readonly stage: string;
  readonly isFinished: boolean;
  /** How far it got, for people. */
  readonly words: string;
  /** The stage whose result is exported. */
  readonly model: string;
  /** Stages that are put beside those of the run, or in their place. */
  stages(own: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
}

interface Wanted {
  readonly stage: string | undefined;
  readonly weights: "best" | "last";
}

/** Name of the stage that reads a checkpoint. */
const checkpointStage = "kdflow-checkpoint";

/**
 * The student that is meant: of a finished training its result, else what its last checkpoint holds.
 *
 * @throws KDF_PLAN_UNKNOWN_STAGE, KDF_EXPORT_NOTHING
 */
export async function findStudent(
  { record: { runId }, storeDir }: OpenedRun,
  planned: readonly RunStage[],
  { stage: wanted, weights }: Wanted,
): Promise<RunStudent> {
  const models = planned.filter(({ stage, kind }) => isModel(kind) && stage.split(".")[1] !== "baseline");
  const names = [...new Set(models.map(({ stage }) => stage.split(".")[0] as string))];
  const trained = names.filter((name) => nodesOf(name, models).some(({ kind }) => kind === "train"));
  const stage = wanted ?? (trained.length > 0 ? trained : names).at(-1);
  if (stage === undefined || !names.includes(stage)) {
    const message = `run ${runId} has no stage ${stage === undefined ? "" : `"${stage}" `}that gives a student`;
    throw new KdflowError("KDF_PLAN_UNKNOWN_STAGE", message, { hint: allowedHint(stage ?? "train", names, "stages") });
  }
  const seeds = nodesOf(stage, models);
  const done = seeds.findIndex(({ state }) => state !== "reuse");
  const isFinished = done === -1;
  const shared = { stage, isFinished };
  if (weights === "best" && done !== 0) {
    const words = isFinished ? "finished" : `${done} of ${seeds.length} seeds finished, the best of them`;
    const fewer = (own: Readonly<Record<string, unknown>>) => ({ [stage]: { ...Object(own[stage]), seeds: done } });
    return { ...shared, words, model: stage, stages: isFinished ? () => ({}) : fewer };
  }
  const node = seeds[isFinished ? 0 : done];
  if (isFinished && seeds.length > 1) throw lastOfSeeds(stage, seeds.length);
  const folder = node?.key === undefined ? undefined : await (isFinished ? endOf : beginOf)(storeDir, node.key);
  if (folder === undefined) throw nothing(runId, stage, isFinished);
  const { data = [], student = [] } = node?.inputs ?? {};
  const checkpoint = {
    kind: "model",
    use: "training-checkpoint",
    checkpoint: folder,
    weights,
    inputs: { data, student },
  };
  const words = isFinished ? "finished, the weights of its last epoch" : `its training is not over; ${weights} weights`;
  return { ...shared, words, model: checkpointStage, stages: () => ({ [checkpointStage]: checkpoint }) };
}

const isModel = (kind: string): boolean => kind === "train" || kind === "model";

/** The seeds of a stage, in their order. */
function nodesOf(name: string, models: readonly RunStage[]): readonly RunStage[] {
  return models.filter(({ stage }) => stage === name || stage.startsWith(`${name}.`));
}

/** The newest checkpoint of unfinished work. */
async function beginOf(storeDir: string, key: string): Promise<string | undefined> {
  const folder = join(storeDir, "checkpoints", key);
  const numbers = (await readdir(folder).catch(() => [])).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  return numbers.length === 0 ? undefined : join(folder, String(Math.max(...numbers)));
}

/** The end of finished work, which is kept where longer work could go on from it. */
async function endOf(storeDir: string, key: string): Promise<string | undefined> {
  const root = join(storeDir, "trajectories");
  for (const trajectory of await readdir(root).catch(() => [])) {
    const end = (await readdir(join(root, trajectory)).catch(() => [])).find((name) => name.endsWith(`-${key}`));
    if (end !== undefined) return join(root, trajectory, end);
  }
  return undefined;
}

function nothing(runId: string, stage: string, isFinished: boolean): KdflowError {
  const message = isFinished
    ? `the weights of the last epoch of stage "${stage}" of run ${runId} are not kept`
    : `stage "${stage}" of run ${runId} has nothing yet that can be exported`;
  const hint = isFinished
    ? "they are kept only where a longer training could go on from them; export the best epoch"
    : "a training has its first checkpoint after its first epoch; where the run did train, its files have changed since, or its results were deleted: run the pipeline again";
  return new KdflowError("KDF_EXPORT_NOTHING", message, { hint });
}

function lastOfSeeds(stage: string, count: number): KdflowError {
  return new KdflowError("KDF_EXPORT_NOTHING", `stage "${stage}" has the last weights of ${count} seeds`, {
    hint: "leave `--weights last` out: of several seeds the best one is exported",
  });
}
