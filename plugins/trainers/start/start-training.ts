import { setImmediate } from "node:timers/promises";
import type { HostState, Outputs, Step, StepSpec } from "../../../core/index.ts";
import { stepsPerEpoch } from "../batches/batches.ts";
import { continueShorterTraining, type ShorterTrainingRequest } from "../checks/shorter-training.ts";
import type { BatchFiller } from "../inputs/batch-filler.ts";
import type { TrainingInputs } from "../inputs/bind-inputs.ts";
import type { LossMeter } from "../loop/loss-meter.ts";
import { loadCheckpoint, type StepMode, type TrainingProgress } from "../loop/training-checkpoint.ts";
import { placeOf, type TrainingRequest } from "../loop/training-request.ts";
import type { TrainingTensors } from "../loop/training-tensors.ts";
import { gradientNorms, trainingStep } from "../step/step-body.ts";
import { stepExample } from "../step/step-example.ts";
import { inputsOf, scalarsOf } from "../step/step-values.ts";
import { warmUpUpdates } from "../step/warm-up.ts";
import { frozenEpochs } from "./freezing.ts";

/** A training under way. */
export interface Training {
  readonly request: TrainingRequest;
  readonly step: Step;
  /** What the network answers with. */
  readonly outputs: Outputs;
  readonly meter: LossMeter;
  readonly inputs: TrainingInputs;
  readonly fillers: readonly BatchFiller[];
  readonly stepMode: StepMode;
  /** The step with a body that measures the balance of the loss. */
  readonly measuring: StepSpec;
  progress: TrainingProgress;
  bestWeights: HostState | undefined;
  savedAtMs: number;
  /** How long the last checkpoint, and the last step, took. */
  saveMs: number;
  stepMs: number;
  toldOfSlowSteps: boolean;
  readAtMs: number;
  pausedAtMs: number;
}

/** Makes the step, and puts the last checkpoint, or the end of a shorter training, into it where there is one. */
export async function startTraining(request: TrainingRequest, tensors: TrainingTensors): Promise<Training> {
  const { context, objective, optimizer, source } = request;
  const { built, state, meter, thaw, inputs } = tensors;
  const { tf, backend } = context;
  const { clipNorm, warmUp } = request;
  if (tensors.started !== undefined) context.log.info("startWeights", { message: tensors.started });
  for (const { message, isWarning } of built.notes ?? []) {
    context.log[isWarning ? "warn" : "info"]("network", { message });
  }
  const fillers = inputs.fillers(source);
  const { model, outputs } = built;
  const body = {
    tf,
    model,
    outputs,
    objective,
    optimizer,
    state,
    meter,
    inputs,
    clipNorm,
    thaw,
    warms: warmUp !== undefined,
  };
  const frozen = frozenEpochs(request.freeze, request.epochs);
  if (frozen >= request.epochs) {
    const message = `what \`freeze\` names never learns: it is frozen for ${frozen} epochs, and there are ${request.epochs}`;
    context.log.warn("staysFrozen", { message });
  }
  if (warmUp !== undefined) {
    const { updates } = placeOf(request, 0);
    const all = updates * request.epochs;
    const message = `${all} updates, ${updates} an epoch; the first ${warmUpUpdates(warmUp, updates, all)} warm up`;
    context.log.info("updates", { message });
  }
  const example = await stepExample({
    source,
    fillers,
    inputsOf: (batch) => inputsOf({ ...request, inputs }, batch, 0, 0),
    scalars: scalarsOf(request, 0, 0, placeOf(request, 0)),
    accumulate: request.accumulate ?? 1,
    thaws: thaw !== undefined,
  });
  const spec = trainingStep(body);
  context.log.info("preparing", { message: "preparing the step…" });
  // what is printed has to reach the terminal before the backend holds the thread
  await setImmediate();
  context.signal.throwIfAborted();
  const step = await backend.createStep({
    ...spec,
    ...(example && { example }),
    signal: context.signal,
    onEagerPrediction(reason) {
      const message = `validation is not captured and runs operation by operation: ${reason}`;
      context.log.warn("notCaptured", { message });
    },
  });
  if (step.eagerReason !== undefined) {
    const message = `the training step is not captured and runs operation by operation: ${step.eagerReason}`;
    context.log.warn("notCaptured", { message });
  }
  const stepMode = { mode: step.mode, numericClass: backend.numericClass };
  context.log.debug("stepMode", stepMode);
  const own = await loadCheckpoint(context.checkpoints, stepMode);
  const snapshot = own ?? (await continueShorterTraining(shorterTraining(request, step, stepMode)));
  if (own !== undefined) {
    await step.writeState(own.state);
    const { epoch, step: steps } = own.progress;
    const message = `resumed from the checkpoint after ${epoch} of ${request.epochs} epochs and ${steps} steps`;
    context.log.info("resumed", { message, epoch, step: steps });
  }
  const start: TrainingProgress = { epoch: 0, step: 0, history: [], best: undefined };
  return {
    request,
    step,
    outputs,
    meter,
    inputs,
    fillers,
    stepMode,
    measuring: { ...spec, body: gradientNorms(body) },
    progress: snapshot?.progress ?? start,
    bestWeights: snapshot?.bestWeights,
    savedAtMs: performance.now(),
    saveMs: 0,
    stepMs: 0,
    toldOfSlowSteps: false,
    readAtMs: performance.now(),
    pausedAtMs: performance.now(),
  };
}

function shorterTraining(request: TrainingRequest, step: Step, stepMode: StepMode): ShorterTrainingRequest {
  const steps = stepsPerEpoch(request.source);
  return {
    context: request.context,
    step,
    stepMode,
    epochs: request.epochs,
    stepsPerEpoch: steps,
    scalarsAt: (epochs, epoch, done) => scalarsOf({ ...request, epochs }, epoch, done, placeOf(request, done)),
  };
}
