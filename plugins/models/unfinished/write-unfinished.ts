import { resolve } from "node:path";
import {
  type BuiltNetwork,
  type Dataset,
  type HostState,
  KdflowError,
  layerVariable,
  type PortValues,
  type ProviderUse,
  type StageContext,
  type Tf,
} from "../../../core/index.ts";
import type { ModelTrainingCheckpointOptions } from "../../options.ts";
import { mixedData } from "../../trainers/batches/mixed-data.ts";
import { inputSizeOf } from "../../trainers/loop/train-model.ts";
import type { TrainingSnapshot } from "../../trainers/loop/training-checkpoint.ts";
import { writeModel } from "../../trainers/start/model-files.ts";
import { averagedState } from "../../trainers/step/weight-averages.ts";
import { readCheckpoint } from "./read-checkpoint.ts";

/**
 * Builds the student anew, puts the checkpoint's weights into it and writes it as a trained one is written.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_TRAIN_CHECKPOINT
 */
export async function writeUnfinished(
  { checkpoint, weights }: ModelTrainingCheckpointOptions,
  inputs: PortValues,
  context: StageContext,
): Promise<void> {
  const { tf, signal } = context;
  signal.throwIfAborted();
  const snapshot = await readCheckpoint(resolve(context.baseDir, checkpoint));
  const sources = inputs["data"] as readonly Dataset[];
  const [first] = sources;
  if (first === undefined) throw new KdflowError("KDF_INTERNAL", "a checkpoint is opened without data");
  const data = sources.length === 1 ? first : mixedData(sources, [], context.task(first.task)).dataset;
  const network = await context.provider("networks", inputs["student"] as ProviderUse);
  const imageSize = inputSizeOf(network, data);
  const { truth } = data.splits.train;
  const classes = data.classNames.length;
  signal.throwIfAborted();
  const built = network.build({ imageSize, classes, rng: context.rng("weights"), truth });
  try {
    const isBest = weights === "best" && snapshot.bestWeights !== undefined;
    const state = new Map([...averagedState(snapshot.state), ...(isBest ? (snapshot.bestWeights ?? []) : [])]);
    putWeights(tf, built, state, checkpoint);
    const best = isBest ? snapshot.progress.best : lastOf(snapshot);
    const { history } = snapshot.progress;
    const unfinished = progressText(snapshot, isBest);
    const trained = { built, history, best, lossParts: new Map(), dispose: () => undefined };
    await writeModel(tf, context.outputDir, trained, data, imageSize, unfinished);
    context.log.info("unfinished", { message: unfinished });
  } finally {
    built.model.dispose();
  }
}

function putWeights(tf: Tf, { model }: BuiltNetwork, state: HostState, checkpoint: string): void {
  tf.tidy(() => {
    for (const weight of model.weights) {
      const values = state.get(`model/${weight.originalName}`);
      const variable = layerVariable(weight);
      if (values?.length !== variable.size) {
        const message = `the checkpoint in "${checkpoint}" has no ${variable.size} numbers for "${weight.originalName}"`;
        throw new KdflowError("KDF_TRAIN_CHECKPOINT", message, { hint: "it is of another student" });
      }
      variable.assign(tf.tensor(values, variable.shape));
    }
  });
}

/** What the last epoch scored, where it ended with the weights that are there and was validated. */
function lastOf({ progress: { epoch, step, best, history } }: TrainingSnapshot) {
  const last = history.at(-1);
  const value = best === undefined ? undefined : last?.validation[best.metric];
  if (best === undefined || value === undefined || step > 0 || last?.epoch !== epoch) return undefined;
  return { epoch, metric: best.metric, value, tie: best.tie };
}

function progressText({ progress }: TrainingSnapshot, isBest: boolean): string {
  const { epoch, step, best } = progress;
  const steps = step === 0 ? "" : ` and ${step} steps`;
  const which =
    isBest && best !== undefined ? `the weights of epoch ${best.epoch}, the best so far` : "the last weights";
  return `after ${epoch} ${epoch === 1 ? "epoch" : "epochs"}${steps}, ${which}`;
}
