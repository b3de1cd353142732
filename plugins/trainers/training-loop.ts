import { setImmediate } from "node:timers/promises";
import type {
  BuiltNetwork,
  EpochRecord,
  HostArray,
  HostState,
  Network,
  Objective,
  Optimizer,
  Schedule,
  StageContext,
  Step,
} from "../../core/index.ts";
import { oddTerms } from "./balance.ts";
import { type Batch, type BatchSource, stepsPerEpoch, trainBatches } from "./batches.ts";
import { createLossMeter, type LossMeter } from "./loss-meter.ts";
import { preparedInput, trainingStep, weightScalar } from "./step-body.ts";
import { createTrainState } from "./train-state.ts";
import {
  type BestEpoch,
  loadCheckpoint,
  type StepMode,
  saveCheckpoint,
  type TrainingProgress,
} from "./training-checkpoint.ts";
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
  readonly bestMetric: ValidationMetric;
  /** Minutes between checkpoints inside an epoch; there is one after every epoch anyway. */
  readonly checkpointMinutes: number;
}

export interface TrainedNetwork {
  readonly built: BuiltNetwork;
  readonly history: readonly EpochRecord[];
  /** `undefined` without a validation split; the weights are then those of the last epoch. */
  readonly best: BestEpoch | undefined;
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
 */
export async function trainNetwork(request: TrainingRequest): Promise<TrainedNetwork> {
  const training = await startTraining(request);
  try {
    while (training.progress.epoch < request.epochs) await runEpoch(training);
    if (training.bestWeights !== undefined)
      await training.step.writeState(withBest(await training.step.readState(), training.bestWeights));
    return { built: training.built, history: training.progress.history, best: training.progress.best };
  } finally {
    training.step.dispose();
  }
}

interface Training {
  readonly request: TrainingRequest;
  readonly built: BuiltNetwork;
  readonly step: Step;
  readonly meter: LossMeter;
  readonly stepMode: StepMode;
  progress: TrainingProgress;
  bestWeights: HostState | undefined;
  savedAtMs: number;
  readAtMs: number;
  pausedAtMs: number;
}

async function startTraining(request: TrainingRequest): Promise<Training> {
  const { context, network, objective, optimizer, source } = request;
  const { tf, backend } = context;
  const classes = source.dataset.classNames.length;
  const built = network.build({ input: source.inputSize, classes, rng: context.rng("weights") });
  const state = createTrainState(tf, built.model, optimizer);
  const meter = createLossMeter(tf, ["loss", ...objective.terms.map((term) => term.name)]);
  const body = { tf, model: built.model, objective, optimizer, state, meter, classes, clipNorm: request.clipNorm };
  const step = await backend.createStep(trainingStep(body));
  const stepMode = { mode: step.mode, numericClass: backend.numericClass };
  const snapshot = await loadCheckpoint(context.checkpoints, stepMode);
  if (snapshot !== undefined) {
    await step.writeState(snapshot.state);
    context.log.info("resumed", { epoch: snapshot.progress.epoch, step: snapshot.progress.step });
  }
  const start: TrainingProgress = { epoch: 0, step: 0, history: [], best: undefined };
  return {
    request,
    built,
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

async function runEpoch(training: Training): Promise<void> {
  const { request, step, meter, progress } = training;
  const { source, context, epochs } = request;
  const { epoch } = progress;
  const steps = stepsPerEpoch(source);
  const rate = createRate();
  let losses: Readonly<Record<string, number>> = {};
  let done = progress.step;
  for await (const batch of trainBatches(source, epoch, done)) {
    const last = done + 1 === steps;
    await pauseForSignals(training);
    const fetch = last || isReadDue(training, done + 1);
    const fetched = await step.run(
      inputsOf(request, batch, epoch, done),
      batch.size,
      scalarsOf(request, epoch, done, steps),
      { fetch },
    );
    done += 1;
    rate.add(batch.size);
    if (fetched === undefined) continue;
    training.readAtMs = performance.now();
    losses = meter.read(fetched, done, epoch).means;
    context.progress({
      unit: "steps",
      label: `epoch ${epoch + 1}/${epochs}`,
      done: epoch * steps + done,
      total: epochs * steps,
      values: { loss: losses["loss"] ?? Number.NaN, "images/s": rate.perSecond() },
    });
    if (!last && (context.signal.aborted || isCheckpointDue(training)))
      await save(training, { ...progress, step: done });
    context.signal.throwIfAborted();
  }
  await endEpoch(training, losses);
}

async function endEpoch(training: Training, losses: Readonly<Record<string, number>>): Promise<void> {
  const { request, step, progress } = training;
  const { context, source, epochs, schedule, optimizer } = request;
  const epoch = progress.epoch + 1;
  const validation = await validate(step, source);
  const learningRate = optimizer.learningRate * schedule.factor(progress.epoch, epochs);
  const best = betterOf(progress.best, validation, request.bestMetric, epoch);
  if (best !== undefined && best !== progress.best) training.bestWeights = modelWeightsOf(await step.readState());
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
  await saveCheckpoint(training.request.context.checkpoints, snapshot, training.stepMode);
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

function inputsOf(
  { objective, context }: TrainingRequest,
  batch: Batch,
  epoch: number,
  step: number,
): Readonly<Record<string, HostArray>> {
  const inputs: Record<string, HostArray> = { pixels: batch.pixels, labels: batch.labels };
  if (batch.teacherLogits !== undefined) inputs["teacherLogits"] = batch.teacherLogits;
  for (const { name, term } of objective.terms) {
    const prepared = term.prepare?.(batch, context.rng(`loss/${name}`, epoch, step));
    for (const [input, values] of Object.entries(prepared ?? {})) inputs[preparedInput(name, input)] = values;
  }
  return inputs;
}

function scalarsOf(
  { objective, optimizer, schedule, epochs }: TrainingRequest,
  epoch: number,
  step: number,
  steps: number,
): Readonly<Record<string, number>> {
  const now = epoch + step / steps;
  const scalars: Record<string, number> = {
    learningRate: optimizer.learningRate * schedule.factor(now, epochs),
    keep: step === 0 ? 0 : 1,
  };
  for (const term of objective.terms) scalars[weightScalar(term.name)] = term.weight(now, epochs);
  return scalars;
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

function modelWeightsOf(state: HostState): HostState {
  return new Map([...state].filter(([name]) => name.startsWith("model/")));
}

function withBest(state: HostState, best: HostState): HostState {
  return new Map([...state, ...best]);
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
