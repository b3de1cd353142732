import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readClassFile } from "../classes/class-file.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { setOptions, storedTeacher } from "../predict/find-teacher.ts";
import { foreignModel } from "../predict/foreign-model.ts";
import { type ModelFolder, readModelFolder } from "../predict/model-folder.ts";
import { findRunModel, type RunModel } from "../predict/run-model.ts";
import type { ShownModel } from "../predict/shown-model.ts";
import type { TeacherModel } from "../predict/teacher-model.ts";
import { listRuns, readResolved } from "../run/run-record.ts";
import { builtinRegistry } from "./builtins.ts";
import { chooseRun } from "./choose-run.ts";
import type { CommandArguments } from "./command.ts";
import { openExistingStore } from "./existing-store.ts";
import type { CommandOutput } from "./output.ts";
import { storeFolder } from "./store-folder.ts";

/** The model that a command line names, not loaded yet. */
export interface NamedModel extends ModelFolder {
  /** What reads it, where it is no layers model. */
  readonly teacher?: TeacherModel | undefined;
  /** The data that it was trained on, where a run tells. */
  readonly data?: RunModel["data"];
  /** Plugins of the run that it is of, and the folder from which they are found. */
  readonly plugins?: readonly string[];
  readonly baseDir?: string;
}

/**
 * The model of the first argument: a file, a folder, or a run of the store.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_RUN_NOT_FOUND, KDF_PLAN_UNKNOWN_STAGE
 */
export async function openNamedModel(args: CommandArguments, output: CommandOutput): Promise<NamedModel> {
  const [wanted = ""] = args.positionals;
  const wantedStage = args.value("stage");
  if (/[\\/]|\.onnx$/i.test(wanted) || (await stat(wanted).catch(() => undefined)) !== undefined) {
    if (wantedStage === undefined) return namedFile(args, resolve(wanted));
    throw new KdflowError("KDF_CLI_USAGE", `--stage chooses a stage of a run, and "${wanted}" is a path`, {
      hint: "leave --stage out, or name a run: its id, or `latest`",
    });
  }
  const folder = storeFolder(args);
  const run = chooseModelRun(await listRuns(folder), wanted, folder);
  const store = await openExistingStore(args, output);
  try {
    const { stage, others, directory, recorded, data } = await findRunModel(run, wantedStage, store);
    const choice =
      wantedStage === undefined && others.length > 0 ? `; --stage chooses another: ${others.join(", ")}` : "";
    output.say(`model of stage ${stage} of run ${run.runId}${choice}`);
    const teacher = await storedTeacher(recorded, directory, {
      ...run,
      pipelineOf: () => readResolved(folder, run.runId),
      env: process.env,
    });
    const ofRun = { data, plugins: pluginsOf(await readResolved(folder, run.runId)), baseDir: dirname(run.file) };
    if (teacher !== undefined) return { directory, classNames: undefined, teacher, ...ofRun };
    if (args.values("set").length > 0) throw setOnLayers(wanted);
    return { ...(await readModelFolder(directory)), ...ofRun };
  } finally {
    await store.close();
  }
}

/** The plugins that a resolved pipeline lists. */
function pluginsOf(resolved: unknown): readonly string[] {
  const { plugins } = (resolved ?? {}) as { readonly plugins?: unknown };
  return Array.isArray(plugins) ? plugins.filter((name) => typeof name === "string") : [];
}

/** A model on disk, by what its file is. */
async function namedFile(args: CommandArguments, path: string): Promise<NamedModel> {
  const file = await foreignModel(path, await builtinRegistry());
  const set = setOptions(args.values("set"));
  if (file === undefined) {
    if (args.values("set").length > 0) throw setOnLayers(path);
    return readModelFolder(path);
  }
  const named = args.value("classes");
  const classes = named === undefined ? {} : { classes: resolve(named) };
  const options = { ...file.options, ...classes, ...set };
  return { directory: path, classNames: undefined, teacher: { use: file.use, options, baseDir: process.cwd() } };
}

function setOnLayers(model: string): KdflowError {
  return new KdflowError("KDF_CLI_USAGE", `--set has no option to change in "${model}"`, {
    hint: "it says how an ONNX file or a graph model on disk is read; layers models scale inside, and runs keep their options",
  });
}

function chooseModelRun(...request: Parameters<typeof chooseRun>): ReturnType<typeof chooseRun> {
  try {
    return chooseRun(...request);
  } catch (error) {
    if (!(error instanceof KdflowError)) throw error;
    const folders = `and "${request[1]}" is no folder with a model.json either`;
    throw new KdflowError(error.code, error.message, { hint: [...error.hint, folders] });
  }
}

/** Names of a model's classes, which are counted once it is loaded. */
export interface NamedClassesOfModel {
  /** @throws KDF_INPUT_CLASSES where they are not as many as the model's, KDF_INPUT_FORMAT for unusual channels */
  checked(model: ShownModel): readonly string[];
}

/** @throws KDF_INPUT_CLASSES where nothing names the classes, and for a `--classes` file that cannot be read */
export async function namedClasses(args: CommandArguments, model: NamedModel): Promise<NamedClassesOfModel> {
  const file = args.value("classes");
  const names = file === undefined ? model.classNames : await readClassFile(file);
  if (names === undefined && model.teacher !== undefined)
    return { checked: (loaded) => fitting(loaded.classNames ?? [], loaded, file) };
  if (names === undefined) {
    throw new KdflowError("KDF_INPUT_CLASSES", `nothing names the classes of the model in "${model.directory}"`, {
      hint: "name them with --classes names.txt: one name per line in the order of the model's outputs",
    });
  }
  return {
    checked: (loaded) => fitting(names, loaded, file),
  };
}

function fitting(
  names: readonly string[],
  { task, outputs, imageSize }: ShownModel,
  file: string | undefined,
): readonly string[] {
  const classes = task.classes?.(outputs);
  if (classes !== undefined && names.length !== classes) {
    const source = file === undefined ? "the files beside the model name" : `"${file}" names`;
    throw new KdflowError("KDF_INPUT_CLASSES", `${source} ${names.length} classes, and the model has ${classes}`, {
      hint: "--classes names every output of the model, in its order",
    });
  }
  if (imageSize.channels === 1 || imageSize.channels === 3) return names;
  throw new KdflowError("KDF_INPUT_FORMAT", `the model takes images of ${imageSize.channels} channels`, {
    hint: "photos have three channels, or one for models of grey images",
  });
}
