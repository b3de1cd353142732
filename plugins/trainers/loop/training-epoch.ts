import { setImmediate } from "node:timers/promises";
import type { EpochRecord, HostState } from "../../../core/index.ts";
import { stepsPerEpoch, trainBatches } from "../batches/batches.ts";
import { createImageRate } from "../batches/image-rate.ts";
import { frozenEpochs } from "../start/freezing.ts";
import type { Training } from "../start/start-training.ts";
import { inputsOf, scalarsOf } from "../step/step-values.ts";
import { variantOf } from "../step/step-variants.ts";
import { averagedState } from "../step/weight-averages.ts";
import { oddTerms } from "./balance.ts";
import { betterOf, trainedWeightsOf } from "./best-epoch.ts";
import { assertFiniteState } from "./finite-state.ts";
import { balanceOf } from "./loss-balance.ts";
import { createEpochClock } from "./time-shares.ts";
import { saveCheckpoint, type TrainingProgress } from "./training-checkpoint.ts";
import { placeOf } from "./training-request.ts";
import { type ValidationScores, validate } from "./validation.ts";

/** Steps, and milliseconds, between two reads of the loss: reading waits for the device, so not every step does it. */
const stepsPerRead = 20;
const msPerRead = 500;
/** How long signals and timers may wait for the steps, which block the event loop. */
const msPerPause = 50;

/**
 * Signals do not wait for steps that are this slow, so that each is kept as it is done, unless keeping them would take
 * more than a twentieth of the time.
 */
const msOfSlowStep = 1500;
const savesApart = 20;
const msOfToldStep = 5000;

/** Trains one epoch, or what the checkpoint leaves of it, validates, and saves. */
export async function runEpoch(training: Training): Promise<void> {
  const { request, step, meter, progress } = training;
  const { source, context, epochs } = request;
  const { epoch } = progress;
  const steps = stepsPerEpoch(source);
  const rate = createImageRate();
  const clock = createEpochClock();
  const frozen = epoch < frozenEpochs(request.freeze, epochs);
  let losses: Readonly<Record<string, number>> = {};
  let balance: EpochRecord["balance"];
  let done = progress.step;
  for await (const batch of trainBatches(source, training.fillers, { epoch, step: done })) {
    clock.gotBatch();
    const last = done + 1 === steps;
    await pauseForSignals(training);
    if (context.signal.aborted) await saveAndStop(training, done);
    const fetch = last || isReadDue(training, done + 1);
    const place = placeOf(request, done);
    const inputs = inputsOf({ ...request, inputs: training.inputs }, batch, epoch, done);
    const scalars = scalarsOf(request, epoch, done, place);
    const variant = variantOf({ gathers: !place.last, frozen });
    const startedMs = performance.now();
    const fetched = await clock.step(fetch, () => step.run(inputs, batch.size, scalars, { fetch, variant }));
    noteStepTime(training, performance.now() - startedMs);
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
    if (!last && isCheckpointDue(training)) await saveStep(training, done);
    if (!last && context.signal.aborted) await saveAndStop(training, done);
    context.signal.throwIfAborted();
    if (last) balance = await balanceOf(training, { inputs, size: batch.size, scalars });
    clock.asksForBatch();
  }
  context.log.debug("timeShares", { epoch: epoch + 1, ...clock.shares() });
  await endEpoch(training, losses, balance);
}

async function endEpoch(
  training: Training,
  losses: Readonly<Record<string, number>>,
  balance: EpochRecord["balance"],
): Promise<void> {
  const { request, step, progress } = training;
  const { context, source, epochs, schedule, optimizer } = request;
  const epoch = progress.epoch + 1;
  const state = await step.readState();
  assertFiniteState(state, progress.epoch, stepsPerEpoch(source));
  const averaged = averagedState(state);
  const isValidated = epoch === epochs || epoch % (request.validateEvery ?? 1) === 0;
  const validation = isValidated ? await validateOn(training, averaged, state) : undefined;
  const learningRate = optimizer.learningRate * schedule.factor(progress.epoch, epochs);
  const { metric } = source.task;
  const chosen = request.bestMetric ?? metric.best;
  const best = isValidated ? betterOf(progress.best, validation, metric, chosen, epoch) : progress.best;
  if (best !== undefined && best !== progress.best) training.bestWeights = trainedWeightsOf(averaged);
  const told = { losses, validation: watched(metric.watched, validation), ...(balance && { balance }) };
  const record: EpochRecord = { epoch, learningRate, ...told };
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

/** Those of the scores that are told after every epoch. */
function watched(names: readonly string[], scores: ValidationScores = {}): ValidationScores {
  return Object.fromEntries(names.flatMap((name) => (scores[name] === undefined ? [] : [[name, scores[name]]])));
}

/** Scores the validation split on a state that need not be the step's own, which it has again afterwards. */
async function validateOn({ step, outputs, request: { source } }: Training, weights: HostState, own: HostState) {
  if (weights === own || source.dataset.splits.validation.count === 0) return validate(step, outputs, source);
  await step.writeState(weights);
  const scores = await validate(step, outputs, source);
  await step.writeState(own);
  return scores;
}

/** A checkpoint within an epoch, after so many of its steps. */
async function saveStep(training: Training, done: number): Promise<void> {
  const { step, progress } = training;
  const state = await step.readState();
  assertFiniteState(state, progress.epoch, done);
  training.progress = { ...progress, step: done };
  await save(training, training.progress, state);
}

/** Ends an interrupted training with the steps that are done in a checkpoint. */
async function saveAndStop(training: Training, done: number): Promise<void> {
  if (done > training.progress.step) await saveStep(training, done);
  training.request.context.signal.throwIfAborted();
}

async function save(training: Training, progress: TrainingProgress, state: HostState): Promise<void> {
  const snapshot = { progress, state, bestWeights: training.bestWeights };
  const { context } = training.request;
  const startedMs = performance.now();
  await saveCheckpoint(context.checkpoints, snapshot, training.stepMode);
  context.log.debug("checkpoint", { epoch: progress.epoch, step: progress.step });
  training.savedAtMs = performance.now();
  training.saveMs = training.savedAtMs - startedMs;
}

function isReadDue(training: Training, step: number): boolean {
  const waitedMs = performance.now() - training.readAtMs;
  const { signal } = training.request.context;
  return step % stepsPerRead === 0 || waitedMs > msPerRead || signal.aborted || isCheckpointDue(training);
}

/** Says once of slow steps what a signal does. */
function noteStepTime(training: Training, stepMs: number): void {
  training.stepMs = stepMs;
  if (stepMs <= msOfToldStep || training.toldOfSlowSteps) return;
  const message = `a step takes ${(stepMs / 1000).toFixed(0)} s: Ctrl-C ends the run within one, and the same command goes on after the last whole one`;
  training.request.context.log.info("slowSteps", { message });
  training.toldOfSlowSteps = true;
}

async function pauseForSignals(training: Training): Promise<void> {
  if (performance.now() - training.pausedAtMs < msPerPause) return;
  await setImmediate();
  training.pausedAtMs = performance.now();
}

function isCheckpointDue(training: Training): boolean {
  const waitedMs = performance.now() - training.savedAtMs;
  if (waitedMs > training.request.checkpointMinutes * 60_000) return true;
  return training.stepMs > msOfSlowStep && waitedMs > savesApart * training.saveMs;
}
