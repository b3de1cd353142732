import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import type { Plain } from "../config/config-node.ts";
import { fromRecord } from "../config/from-record.ts";
import type { Environment } from "../config/variables.ts";
import { stageKeys } from "../contracts/stage-keys.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { RecordedStage } from "../run/run-record.ts";
import type { TeacherModel } from "./teacher-model.ts";

/** The run that a stage belongs to. */
interface TeacherRun {
  readonly file: string;
  /** The pipeline as it was resolved. */
  pipelineOf(): Promise<unknown>;
  /** Values of the environment variables that the pipeline names. */
  readonly env: Environment;
}

/**
 * The teacher from a file that a stage of a run was.
 *
 * @returns `undefined` where the stage's result holds a layers model
 * @throws KDF_CLI_USAGE where the teacher is no single model, KDF_CONFIG_UNKNOWN_VARIABLE where an environment variable
 *   of the run is not set
 */
export async function storedTeacher(
  { stage, kind, provider, digest = "", parts }: RecordedStage,
  directory: string,
  run: TeacherRun,
): Promise<TeacherModel | undefined> {
  const has = async (name: string) => (await stat(join(directory, name)).catch(() => undefined)) !== undefined;
  if (!(await has("teacher.json"))) {
    if (kind === "teacher" && !(await has("model.json"))) throw noModel(stage, provider);
    return undefined;
  }
  const pipeline = (await run.pipelineOf()) as { readonly stages?: Readonly<Record<string, unknown>> } | undefined;
  const written = pipeline?.stages?.[stage];
  if (typeof written !== "object" || written === null) {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `the run keeps no options of its stage "${stage}"`, {
      hint: "name the model's file instead of the run",
    });
  }
  const reserved = stageKeys("teacher");
  const options = Object.entries(written).filter(([name]) => !reserved.includes(name));
  return {
    use: provider,
    options: Object.fromEntries(options.map(([name, value]: [string, Plain]) => [name, fromRecord(value, run.env)])),
    baseDir: dirname(run.file),
    stored: { directory, digest, files: parts?.["files"] },
  };
}

function noModel(stage: string, provider: string): KdflowError {
  const message = `the teacher of stage "${stage}" (${provider}) cannot be predicted with: it is no single model`;
  return new KdflowError("KDF_CLI_USAGE", message, {
    hint: "of an ensemble, name a member's file; --stage chooses a member that is a stage of its own",
  });
}

/**
 * Options of a command line, `normalize=unit`; values are YAML.
 *
 * @throws KDF_CLI_USAGE
 */
export function setOptions(given: readonly string[]): Readonly<Record<string, Plain>> {
  const options = given.map((argument) => {
    const [, name, text = ""] = /^([A-Za-z]+)=(.+)$/su.exec(argument) ?? [];
    try {
      if (name !== undefined) return [name, parse(text) as Plain] as const;
    } catch {
      // said below
    }
    throw new KdflowError("KDF_CLI_USAGE", `--set is "${argument}"`, {
      hint: "write option=value, such as normalize=unit",
    });
  });
  return Object.fromEntries(options);
}
