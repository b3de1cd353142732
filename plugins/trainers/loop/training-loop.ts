import { type BuiltNetwork, type EpochRecord, KdflowError, type OwnedLossParts } from "../../../core/index.ts";
import { startTraining, type Training } from "../start/start-training.ts";
import { averagedState } from "../step/weight-averages.ts";
import { assertCanStopEarly, stopsEarly } from "./best-epoch.ts";
import { keptEpochText } from "./kept-epoch.ts";
import type { BestEpoch } from "./training-checkpoint.ts";
import { runEpoch } from "./training-epoch.ts";
import type { TrainingRequest } from "./training-request.ts";
import { createTrainingTensors, type TrainingTensors } from "./training-tensors.ts";

export interface TrainedNetwork {
  readonly built: BuiltNetwork;
  readonly history: readonly EpochRecord[];
  /** `undefined` without a validation split; the weights are then those of the last epoch. */
  readonly best: BestEpoch | undefined;
  /** The loss terms' own layers, of the same epoch as the network's weights, by term. */
  readonly lossParts: ReadonlyMap<string, OwnedLossParts>;
  /** Frees the network and all else that the training made. */
  dispose(): void;
}

/**
 * Trains a network from its seeded start or given weights, or from the last checkpoint, and leaves the best epoch's
 * weights in it. Weights change only through the step that the backend made; all chance is counter-based, so a resumed
 * training ends in the same bytes as an undisturbed one.
 *
 * @returns the network; caller disposes. Nothing is left behind where this throws.
 */
export async function trainNetwork(request: TrainingRequest): Promise<TrainedNetwork> {
  assertCanStopEarly(request.earlyStop, request.source.dataset);
  const tensors = createTrainingTensors(request);
  const { built, lossParts, dispose } = tensors;
  try {
    return { built, lossParts, dispose, ...(await trainTensors(request, tensors)) };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

async function trainTensors(
  request: TrainingRequest,
  tensors: TrainingTensors,
): Promise<Pick<TrainedNetwork, "history" | "best">> {
  const training = await startTraining(request, tensors);
  try {
    while (!isDone(training)) await runEpoch(training);
    assertKnownBest(training);
    // also without a best epoch: the network's own variables hold the weights only after `writeState`
    const end = averagedState(await training.step.readState());
    await training.step.writeState(new Map([...end, ...(training.bestWeights ?? [])]));
    const { history, best } = training.progress;
    const message = keptEpochText(history, best, request.source.task.metric);
    request.context.log.info("keptEpoch", { message, epoch: best?.epoch ?? history.length });
    return { history, best };
  } finally {
    training.step.dispose();
  }
}

/** @throws KDF_TRAIN_NOT_FINITE where the validation metric was a number in no epoch, so that none is the best */
function assertKnownBest({ progress: { best, epoch } }: Training): void {
  if (best === undefined || !Number.isNaN(best.value)) return;
  const when = epoch === 1 ? "after the only epoch" : `after every one of ${epoch} epochs`;
  throw new KdflowError("KDF_TRAIN_NOT_FINITE", `validation ${best.metric} is not a number ${when}: none is the best`, {
    hint: "the student's answers grew beyond what floats hold: lower optimizer.learningRate, or add `clipNorm: 1`",
  });
}

function isDone({ request, progress }: Training): boolean {
  const { epoch, best } = progress;
  if (epoch >= request.epochs) return true;
  if (!stopsEarly(progress, request.earlyStop)) return false;
  const message = `stopped after ${epoch} of ${request.epochs} epochs: none was better than epoch ${best?.epoch}`;
  request.context.log.info("stoppedEarly", { message, epoch });
  return true;
}
