import { setImmediate } from "node:timers/promises";
import type { BuiltNetwork, EpochRecord, HostState, OwnedLossParts, Step } from "../../core/index.ts";
import { oddTerms } from "./balance.ts";
import { type BatchSource, stepsPerEpoch, trainBatches } from "./batches.ts";
import { assertCanStopEarly, betterOf, stopsEarly, trainedWeightsOf } from "./best-epoch.ts";
import { createImageRate } from "./image-rate.ts";
import type { LossMeter } from "./loss-meter.ts";
import { continueShorterTraining, type ShorterTrainingRequest } from "./shorter-training.ts";
import { gatherVariant, trainingStep } from "./step-body.ts";
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
import { placeOf, type TrainingRequest } from "./training-request.ts";
import { createTrainingTensors, type TrainingTensors } from "./training-tensors.ts";
import { validate } from "./validation.ts";
import { averagedState } from "./weight-averages.ts";

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
    // also without a best epoch: the network's own variables hold the weights only after `writeState`
    const end = averagedState(await training.step.readState());
    await training.step.writeState(new Map([...end, ...(training.bestWeights ?? [])]));
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
  const example = await stepExample({
    source,
    inputsOf: (batch) => inputsOf(request, batch, 0, 0),
    scalars: scalarsOf(request, 0, 0, placeOf(request, 0)),
    accumulate: request.accumulate ?? 1,
  });
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
    scalarsAt: (epochs, epoch, done) => scalarsOf({ ...request, epochs }, epoch, done, placeOf(request, done)),
  };
}

function isDone({ request, progress }: Training): boolean {
  const { epoch, best } = progress;
  if (epoch >= request.epochs) return true;
  if (!stopsEarly(progress, request.earlyStop)) return false;
  const message = `stopped after ${epoch} of ${request.epochs} epochs: none was better than epoch ${best?.epoch}`;
  request.context.log.info("stoppedEarly", { message, epoch });
  return true;
}

async function runEpoch(training: Training): Promise<void> {
  const { request, step, meter, progress } = training;
  const { source, context, epochs } = request;
  const { epoch } = progress;
  const steps = stepsPerEpoch(source);
  const rate = createImageRate();
  const clock = createEpochClock();
  let losses: Readonly<Record<string, number>> = {};
  let done = progress.step;
  for await (const batch of trainBatches(source, epoch, done)) {
    clock.gotBatch();
    const last = done + 1 === steps;
    await pauseForSignals(training);
    const fetch = last || isReadDue(training, done + 1);
    const place = placeOf(request, done);
    const inputs = inputsOf(request, batch, epoch, done);
    const scalars = scalarsOf(request, epoch, done, place);
    const variant = place.last ? undefined : gatherVariant;
    const fetched = await clock.step(fetch, () => step.run(inputs, batch.size, scalars, { fetch, variant }));
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
      await save(training, { ...progress, step: done }, await step.readState());
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
  const state = await step.readState();
  const averaged = averagedState(state);
  const validation = await validateOn(step, averaged, state, source);
  const learningRate = optimizer.learningRate * schedule.factor(progress.epoch, epochs);
  const best = betterOf(progress.best, validation, request.bestMetric, epoch);
  if (best !== undefined && best !== progress.best) training.bestWeights = trainedWeightsOf(averaged);
  const record: EpochRecord = { epoch, learningRate, losses, validation: validation ?? {} };
  const next: TrainingProgress = { epoch, step: 0, history: [...progress.history, record], best };
  await save(training, next, state);
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

/** Scores the validation split on a state that need not be the step's own, which it has again afterwards. */
async function validateOn(step: Step, weights: HostState, own: HostState, source: BatchSource) {
  if (weights === own || source.dataset.splits.validation.count === 0) return validate(step, source);
  await step.writeState(weights);
  const scores = await validate(step, source);
  await step.writeState(own);
  return scores;
}

async function save(training: Training, progress: TrainingProgress, state: HostState): Promise<void> {
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
