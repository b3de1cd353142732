import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import { isBaselineName } from "../plan/graph.ts";
import type { RecordedStage, RunRecord } from "../run/run-record.ts";
import type { Store } from "../store/store.ts";

/** The model of a stage of a run. */
export interface RunModel {
  readonly stage: string;
  /** Other stages whose models could have been meant. */
  readonly others: readonly string[];
  readonly directory: string;
  /** What the run recorded of the stage, with the digest of its result. */
  readonly recorded: RecordedStage;
  /** The data that it was trained on. */
  readonly data: { readonly provider: string; readonly options: object } | undefined;
}

/** Kinds whose results may be a model in the layers format; the ones that are a run's student come first. */
const modelKinds = ["train", "model", "export", "teacher"];

/**
 * The model of a run: that of the stage asked for, else of the last student that it trained.
 *
 * @throws KDF_PLAN_UNKNOWN_STAGE, KDF_INPUT_MISSING_FILE where the result is no longer stored
 */
export async function findRunModel(run: RunRecord, wanted: string | undefined, store: Store): Promise<RunModel> {
  const stages = run.stages.filter(({ kind, key, state }) => modelKinds.includes(kind) && key && state !== "failed");
  const stage = wanted === undefined ? studentOf(stages) : stages.findLast((each) => each.stage === wanted);
  if (stage?.key === undefined) throw noStage(run, wanted, stages);
  const artifact = await store.find(stage.key);
  if (artifact === undefined) {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `the result of "${stage.stage}" is no longer in the store`, {
      hint: `run ${run.file} again, or name a later run`,
    });
  }
  const others = stages.filter((each) => each.kind === stage.kind && each !== stage).map((each) => each.stage);
  return { stage: stage.stage, others, directory: artifact.directory, recorded: stage, data: dataOf(stage, run) };
}

function studentOf(stages: readonly RecordedStage[]): RecordedStage | undefined {
  const own = stages.filter(({ stage }) => !isBaselineName(stage));
  const kind = modelKinds.find((each) => own.some((stage) => stage.kind === each));
  return own.findLast((stage) => stage.kind === kind);
}

function noStage(run: RunRecord, wanted: string | undefined, stages: readonly RecordedStage[]): KdflowError {
  const names = stages.map(({ stage }) => stage);
  const message =
    wanted === undefined
      ? `run ${run.runId} finished no stage that gives a model`
      : `run ${run.runId} has no stage "${wanted}" that gives a model`;
  return new KdflowError("KDF_PLAN_UNKNOWN_STAGE", message, {
    hint: [
      allowedHint(wanted ?? "train", names, "stages with a model"),
      `kdflow runs show ${run.runId} shows them all`,
    ],
  });
}

/** The data stage whose result the stage's key was made from. */
function dataOf({ parts }: RecordedStage, { stages }: RunRecord): RunModel["data"] {
  const inputs = parts?.["inputs"];
  const digests: unknown[] = isMap(inputs) ? [inputs["data"]].flat() : [];
  const data = stages.find(({ kind, digest }) => kind === "data" && digest !== undefined && digests.includes(digest));
  const options = data?.parts?.["options"];
  return data === undefined || !isMap(options) ? undefined : { provider: data.provider, options };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
