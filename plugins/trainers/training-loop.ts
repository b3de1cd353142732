import { setImmediate } from "node:timers/promises";
import type {
  BuiltNetwork,
  EpochRecord,
  HostState,
  Network,
  Objective,
  Optimizer,
  OwnedLossParts,
  Schedule,
  StageContext,
  Step,
} from "../../core/index.ts";
import { oddTerms } from "./balance.ts";
import { type BatchSource, stepsPerEpoch, trainBatches } from "./batches.ts";
import type { LossMeter } from "./loss-meter.ts";
import { continueShorterTraining, type ShorterTrainingRequest } from "./shorter-training.ts";
import { trainingStep } from "./step-body.ts";
import { stepExample } from "./step-example.ts";
import { inputsOf, scalarsOf } from "./step-values.ts";
import { createEpochClock } from "./time-shares.ts";
import {
  type BestEpoch,
  loadCheckpoint,
  type StepMode,
  saveCheckpoint,
  type TrainingProgress,
} from "./training-checkpoint.ts";
import { createTrainingTensors, type TrainingTensors } from "./training-tensors.ts";
import { type ValidationMetric, validate } from "./validation.ts";

export interface TrainingRequest {
  readonly context: StageContext;
  readonly source: BatchSource;
  readonly network: Network;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly epochs: number;
  readonly clipNorm: number | undefined;
  /** `[classes]`; all classes weigh the same where left out. */
  readonly classWeights?: Float32Array | undefined;
  readonly bestMetric: ValidationMetric;
  /** Minutes between checkpoints inside an epoch; there is one after every epoch anyway. */
  readonly checkpointMinutes: number;
}

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

/** Steps, and milliseconds, between two reads of the loss: reading waits for the device, so not every step does it. */
const stepsPerRead = 20;
const msPerRead = 500;
/** How long signals and timers may wait for the steps, which block the event loop. */
const msPerPause = 50;

/**
 * Trains a network from its seeded start, or from the last checkpoint, and leaves the best epoch's weights in it.
 * Weights change only through the step that the backend made; all chance is counter-based, so a resumed training ends
 * in the same bytes as an undisturbed one.
 *
 * @returns the network; caller disposes. Nothing is left behind where this throws.
 */
export async function trainNetwork(request: TrainingRequest): Promise<TrainedNetwork> {
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
    while (training.progress.epoch < request.epochs) await runEpoch(training);
    // also without a best epoch: the network's own variables hold the weights only after `writeState`
    await training.step.writeState(withBest(await training.step.readState(), training.bestWeights));
    return { history: training.progress.history, best: training.progress.best };
  } finally {
    training.step.dispose();
  }
}

interface Training {
  readonly request: TrainingRequest;
  readonly step: Step;
  readonly meter: LossMeter;
  readonly stepMode: StepMode;
  progress: TrainingProgress;
  bestWeights: HostState | undefined;
  savedAtMs: number;
  readAtMs: number;
  pausedAtMs: number;
}

async function startTraining(request: TrainingRequest, tensors: TrainingTensors): Promise<Training> {
  const { context, objective, optimizer, source } = request;
  const { built, state, meter } = tensors;
  const { tf, backend } = context;
  const classes = source.dataset.classNames.length;
  const { clipNorm, classWeights } = request;
  const mixes = source.dataset.mixes === true;
  const body = {
    ...{ tf, model: built.model, objective, optimizer, state, meter },
    ...{ classes, mixes, classWeights, clipNorm },
  };
  const example = await stepExample(
    source,
    (batch) => inputsOf(request, batch, 0, 0),
    scalarsOf(request, 0, 0, stepsPerEpoch(source)),
  );
  const step = await backend.createStep({ ...trainingStep(body), ...(example && { example }) });
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
    meter,
    stepMode,
    progress: snapshot?.progress ?? start,
    bestWeights: snapshot?.bestWeights,
    savedAtMs: performance.now(),
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
    scalarsAt: (epochs, epoch, done) => scalarsOf({ ...request, epochs }, epoch, done, steps),
  };
}

async function runEpoch(training: Training): Promise<void> {
  const { request, step, meter, progress } = training;
  const { source, context, epochs } = request;
  const { epoch } = progress;
  const steps = stepsPerEpoch(source);
  const rate = createRate();
  const clock = createEpochClock();
  let losses: Readonly<Record<string, number>> = {};
  let done = progress.step;
  for await (const batch of trainBatches(source, epoch, done)) {
    clock.gotBatch();
    const last = done + 1 === steps;
    await pauseForSignals(training);
    const fetch = last || isReadDue(training, done + 1);
    const inputs = inputsOf(request, batch, epoch, done);
    const scalars = scalarsOf(request, epoch, done, steps);
    const fetched = await clock.step(fetch, () => step.run(inputs, batch.size, scalars, { fetch }));
    done += 1;
    rate.add(batch.size);
    if (fetched === undefined) {
      clock.asksForBatch();
      continue;
    }
    training.readAtMs = performance.now();
    losses = meter.read(fetched, done, epoch).means;
    context.progress({
      unit: "steps",
      label: `epoch ${epoch + 1}/${epochs}`,
      done: epoch * steps + done,
      total: epochs * steps,
      values: { loss: losses["loss"] ?? Number.NaN, imagesPerSecond: rate.perSecond() },
    });
    if (!last && (context.signal.aborted || isCheckpointDue(training)))
      await save(training, { ...progress, step: done });
    context.signal.throwIfAborted();
    clock.asksForBatch();
  }
  context.log.debug("timeShares", { epoch: epoch + 1, ...clock.shares() });
  await endEpoch(training, losses);
}

async function endEpoch(training: Training, losses: Readonly<Record<string, number>>): Promise<void> {
  const { request, step, progress } = training;
  const { context, source, epochs, schedule, optimizer } = request;
  const epoch = progress.epoch + 1;
  const validation = await validate(step, source);
  const learningRate = optimizer.learningRate * schedule.factor(progress.epoch, epochs);
  const best = betterOf(progress.best, validation, request.bestMetric, epoch);
  if (best !== undefined && best !== progress.best) training.bestWeights = trainedWeightsOf(await step.readState());
  const record: EpochRecord = { epoch, learningRate, losses, validation: validation ?? {} };
  const next: TrainingProgress = { epoch, step: 0, history: [...progress.history, record], best };
  await save(training, next);
  training.progress = next;
  const validated = Object.fromEntries(
    Object.entries(record.validation).map(([name, value]) => [`validation ${name}`, value]),
  );
  for (const message of oddTerms(request.objective, losses, progress.epoch, epochs)) {
    context.log.warn("lossBalance", { message, epoch });
  }
  await context.epochEnd({ epoch, epochs, values: { ...losses, ...validated } });
  context.signal.throwIfAborted();
}

async function save(training: Training, progress: TrainingProgress): Promise<void> {
  const state = await training.step.readState();
  const snapshot = { progress, state, bestWeights: training.bestWeights };
  const { context } = training.request;
  await saveCheckpoint(context.checkpoints, snapshot, training.stepMode);
  context.log.debug("checkpoint", { epoch: progress.epoch, step: progress.step });
  training.savedAtMs = performance.now();
}

function isReadDue(training: Training, step: number): boolean {
  const waitedMs = performance.now() - training.readAtMs;
  const { signal } = training.request.context;
  return step % stepsPerRead === 0 || waitedMs > msPerRead || signal.aborted || isCheckpointDue(training);
}

async function pauseForSignals(training: Training): Promise<void> {
  if (performance.now() - training.pausedAtMs < msPerPause) return;
  await setImmediate();
  training.pausedAtMs = performance.now();
}

function isCheckpointDue(training: Training): boolean {
  return performance.now() - training.savedAtMs > training.request.checkpointMinutes * 60_000;
}

function betterOf(
  best: BestEpoch | undefined,
  validation: Readonly<Record<ValidationMetric, number>> | undefined,
  metric: ValidationMetric,
  epoch: number,
): BestEpoch | undefined {
  if (validation === undefined) return undefined;
  const candidate: BestEpoch = { epoch, metric, value: validation[metric], nll: validation.nll };
  if (best === undefined) return candidate;
  const gain = metric === "nll" ? best.value - candidate.value : candidate.value - best.value;
  return gain > 0 || (gain === 0 && candidate.nll < best.nll) ? candidate : best;
}

/** The network's weights and those of the loss terms' own layers: what is kept of an epoch. */
function trainedWeightsOf(state: HostState): HostState {
  return new Map([...state].filter(([name]) => name.startsWith("model/") || name.startsWith("loss/")));
}

function withBest(state: HostState, best: HostState | undefined): HostState {
  return new Map([...state, ...(best ?? [])]);
}

/** Images per second since the epoch began. */
function createRate(): { add(images: number): void; perSecond(): number } {
  const startMs = performance.now();
  let images = 0;
  return {
    add: (count) => {
      images += count;
    },
    perSecond: () => (images / Math.max(1, performance.now() - startMs)) * 1000,
  };
}
