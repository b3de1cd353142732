import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { readClassFile } from "../classes/class-file.ts";
import type { PhotoFit } from "../contracts/photo-reader.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { type ModelFolder, readModelFolder } from "../predict/model-folder.ts";
import { findRunModel } from "../predict/run-model.ts";
import { listRuns } from "../run/run-record.ts";
import type { Classifier } from "../tensors/load-classifier.ts";
import { chooseRun } from "./choose-run.ts";
import type { CommandArguments } from "./command.ts";
import { openExistingStore } from "./existing-store.ts";
import type { CommandOutput } from "./output.ts";
import { storeFolder } from "./store-folder.ts";

/** The model that a command line names, not loaded yet. */
export interface NamedModel extends ModelFolder {
  /** How the photos that it was trained on were fitted, where a run tells. */
  readonly fit?: PhotoFit | undefined;
}

/**
 * The model of the first argument: a folder, or a run of the store.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_RUN_NOT_FOUND, KDF_PLAN_UNKNOWN_STAGE
 */
export async function openNamedModel(args: CommandArguments, output: CommandOutput): Promise<NamedModel> {
  const [wanted = ""] = args.positionals;
  const wantedStage = args.value("stage");
  if (/[\\/]/.test(wanted) || (await stat(wanted).catch(() => undefined)) !== undefined) {
    if (wantedStage === undefined) return readModelFolder(resolve(wanted));
    throw new KdflowError("KDF_CLI_USAGE", `--stage chooses a stage of a run, and "${wanted}" is a folder`, {
      hint: "leave --stage out, or name a run: its id, or `latest`",
    });
  }
  const folder = storeFolder(args);
  const run = chooseModelRun(await listRuns(folder), wanted, folder);
  const store = await openExistingStore(args, output);
  try {
    const { stage, others, directory, fit } = await findRunModel(run, wantedStage, store);
    const choice =
      wantedStage === undefined && others.length > 0 ? `; --stage chooses another: ${others.join(", ")}` : "";
    output.say(`model of stage ${stage} of run ${run.runId}${choice}`);
    return { ...(await readModelFolder(directory)), fit };
  } finally {
    await store.close();
  }
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
  checked(classifier: Classifier): readonly string[];
}

/** @throws KDF_INPUT_CLASSES where nothing names the classes, and for a `--classes` file that cannot be read */
export async function namedClasses(args: CommandArguments, model: NamedModel): Promise<NamedClassesOfModel> {
  const file = args.value("classes");
  const names = file === undefined ? model.classNames : await readClassFile(file);
  if (names === undefined) {
    throw new KdflowError("KDF_INPUT_CLASSES", `nothing names the classes of the model in "${model.directory}"`, {
      hint: "name them with --classes names.txt: one name per line in the order of the model's outputs",
    });
  }
  return {
    checked({ classes, inputSize }) {
      if (names.length !== classes) {
        const source = file === undefined ? "the files beside the model name" : `"${file}" names`;
        throw new KdflowError("KDF_INPUT_CLASSES", `${source} ${names.length} classes, and the model has ${classes}`, {
          hint: "--classes names every output of the model, in its order",
        });
      }
      if (inputSize.channels === 1 || inputSize.channels === 3) return names;
      throw new KdflowError("KDF_INPUT_FORMAT", `the model takes images of ${inputSize.channels} channels`, {
        hint: "photos have three channels, or one for models of grey images",
      });
    },
  };
}
