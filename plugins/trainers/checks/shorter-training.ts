import { KdflowError, type StageContext, type Step } from "../../../core/index.ts";
import { readShorterTraining, type StepMode, type TrainingSnapshot } from "../loop/training-checkpoint.ts";

/** All numbers that a step is given, by name, in a training of so many epochs. */
type ScalarsAt = (epochs: number, epoch: number, step: number) => Readonly<Record<string, number>>;

export interface ShorterTrainingRequest {
  readonly context: StageContext;
  readonly step: Step;
  readonly stepMode: StepMode;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly scalarsAt: ScalarsAt;
}

/**
 * Puts the end of a finished training that differs from this one in its fewer epochs alone into the step. Where this
 * one would have taken other steps so far, nothing is done and the user is told why: going on must end in the bytes
 * of an undisturbed training.
 */
export async function continueShorterTraining(request: ShorterTrainingRequest): Promise<TrainingSnapshot | undefined> {
  const { context, epochs } = request;
  const end = await context.trajectory.load();
  if (end === undefined) return undefined;
  const snapshot = await takeOver(request, end);
  if (typeof snapshot !== "string") {
    context.log.info("continues", { message: `continues a training of ${end.length} epochs`, epoch: end.length });
    return snapshot;
  }
  const message = `starts anew instead of going on from ${end.length} of ${epochs} epochs: ${snapshot}`;
  context.log.warn("startsAnew", { message, epoch: end.length });
  return undefined;
}

/** @returns what is in the step now, or why nothing is */
async function takeOver(
  request: ShorterTrainingRequest,
  { length, files }: { readonly length: number; readonly files: Readonly<Record<string, Uint8Array>> },
): Promise<TrainingSnapshot | string> {
  const changed = otherScalar(request, length);
  if (changed !== undefined) return `"${changed}" depends on the number of epochs, though its provider does not say so`;
  const snapshot = readShorterTraining(files, request.stepMode);
  if (typeof snapshot === "string") return `its last checkpoint ${snapshot}`;
  try {
    await request.step.writeState(snapshot.state);
    return snapshot;
  } catch (error) {
    if (error instanceof KdflowError && error.code === "KDF_TRAIN_CHECKPOINT") return error.message;
    throw error;
  }
}

/** The name of a number that a training of `shorter` epochs had otherwise, at any of its steps. */
function otherScalar(
  { epochs, stepsPerEpoch, scalarsAt }: ShorterTrainingRequest,
  shorter: number,
): string | undefined {
  for (let epoch = 0; epoch < shorter; epoch++) {
    for (let step = 0; step < stepsPerEpoch; step++) {
      const now = scalarsAt(epochs, epoch, step);
      const before = Object.entries(scalarsAt(shorter, epoch, step));
      const other = before.find(([name, value]) => !Object.is(now[name], value));
      if (other !== undefined) return other[0];
    }
  }
  return undefined;
}
