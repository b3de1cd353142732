import { stat } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { allowedHint, type ClassMap, KdflowError } from "../../../core/index.ts";
import type { OpenedRun, StagesOfFile } from "../../scaffold/init/host.ts";

/** Providers that store boxes. */
const storing: readonly (string | undefined)[] = ["detections", "import-detections"];

type RecordedStage = OpenedRun["record"]["stages"][number];

/** Stored boxes of a run, and the data and the teacher that they are of. */
export interface RunDetections {
  readonly stage: string;
  /** The artifact of the boxes. */
  readonly directory: string;
  readonly data: {
    /** The artifact of the data. */
    readonly directory: string;
    readonly stage: StagesOfFile["stages"][number];
    /** Paths in its options start there. */
    readonly baseDir: string;
  };
  /** What the teacher calls the data's classes, where the pipeline says so. */
  readonly classMap: ClassMap | undefined;
}

/**
 * Finds the stored boxes of a run by what its record says: nothing is planned, so that neither the teacher's file nor
 * labels have to be what they were.
 *
 * @param wanted the stage, where there are several
 * @throws KDF_EXPORT_NOTHING, KDF_PLAN_UNKNOWN_STAGE, KDF_CLI_USAGE, KDF_RUN_NOT_FOUND
 */
export async function findDetections(run: OpenedRun, wanted: string | undefined): Promise<RunDetections> {
  const { record, resolved, storeDir } = run;
  const { runId, stages } = record;
  const all = stages.filter(({ kind, provider }) => kind === "softLabels" && storing.includes(provider));
  const names = all.map(({ stage }) => stage);
  if (wanted !== undefined && !names.includes(wanted)) {
    throw new KdflowError("KDF_PLAN_UNKNOWN_STAGE", `run ${runId} has no stage "${wanted}" that stores boxes`, {
      hint: allowedHint(wanted, names, "stages"),
    });
  }
  if (wanted === undefined && names.length > 1) {
    throw new KdflowError("KDF_CLI_USAGE", `run ${runId} has several stages that store boxes`, {
      hint: `say which one with --stage: ${names.join(", ")}`,
    });
  }
  const labels = wanted === undefined ? all[0] : all.find(({ stage }) => stage === wanted);
  const made = labels === undefined ? undefined : await artifactOf(storeDir, labels);
  if (labels === undefined || made === undefined) throw nothing(runId, labels);
  if (resolved === undefined) {
    throw new KdflowError("KDF_RUN_NOT_FOUND", `the folder of run ${runId} does not hold its pipeline`, {
      hint: "run the pipeline again, or name another run",
    });
  }
  const { stages: own, baseDir } = (await run.open(stringify(resolved), false)).pipeline;
  const behind = (port: string): RecordedStage | undefined => {
    const digests = inputsOf(labels)[port] ?? [];
    return stages.find(({ digest }) => digest !== undefined && digests.includes(digest));
  };
  const resolvedStage = (stage: RecordedStage | undefined) => own.find(({ name }) => name === stage?.stage);
  const data = behind("data");
  const directory = data === undefined ? undefined : await artifactOf(storeDir, data);
  const stage = resolvedStage(data);
  if (stage === undefined || directory === undefined) throw nothing(runId, labels);
  const { classMap } = resolvedStage(behind("teacher")) ?? {};
  return { stage: labels.stage, directory: made, data: { directory, stage, baseDir }, classMap };
}

/** Folder of a stage's result; `undefined` of one that failed or never came to it, or whose result was deleted. */
async function artifactOf(storeDir: string, { key, digest }: RecordedStage): Promise<string | undefined> {
  if (key === undefined || digest === undefined) return undefined;
  const folder = join(storeDir, "store", key);
  return stat(folder).then(
    () => folder,
    () => undefined,
  );
}

function inputsOf({ parts }: RecordedStage): Readonly<Record<string, readonly string[]>> {
  return (parts?.["inputs"] ?? {}) as Readonly<Record<string, readonly string[]>>;
}

function nothing(runId: string, labels: RecordedStage | undefined): KdflowError {
  const message =
    labels === undefined
      ? `run ${runId} stores no boxes of a detector`
      : `stage "${labels.stage}" of run ${runId} has no stored boxes, or no longer the data that they are of`;
  return new KdflowError("KDF_EXPORT_NOTHING", message, {
    hint: "boxes are stored by `softLabels: detections`; run the pipeline up to it: kdflow run <pipeline> --until softLabels",
  });
}
