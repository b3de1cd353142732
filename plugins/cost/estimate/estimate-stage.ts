import type { Sign, StageTimeline } from "../probe/stage-watch.ts";

/** How a stage of the whole pipeline differs from that of its probe. */
export interface StageScale {
  /** Samples of the whole for each of the probe, of the split that the stage works through. */
  readonly samples: number;
  /** The same of the validation split. */
  readonly validation: number;
  /** Models of the whole for each of the probe that it works through. */
  readonly models: number;
  /** Of trainings. */
  readonly training?: TrainingLength;
}

export interface TrainingLength {
  readonly epochs: number;
  /** Every so many epochs are validated, and the last one. */
  readonly validateEvery: number;
  /** The same of the probe. */
  readonly probeValidateEvery: number;
}

/** Seconds that a stage will take, from what its probe took. */
export function estimateSeconds(timeline: StageTimeline, scale: StageScale): number {
  const { training } = scale;
  const ms =
    training !== undefined && timeline.epochs.length > 1 && timeline.endMs !== undefined
      ? trainingMs(timeline, timeline.endMs, training, scale)
      : countedMs(timeline, scale.samples * scale.models);
  return ms / 1000;
}

/**
 * What grows with the samples is what goes on between signs of progress; the rest is there once. A stage that shows
 * no progress, or none but its end, takes as long whatever there is.
 */
function countedMs({ startMs, endMs, progress }: StageTimeline, scale: number): number {
  const all = progress
    .filter((now, place) => !goesOn(progress[place - 1], now))
    .reduce((sum, now) => sum + now.total, 0);
  const msPerSample = mean(rates(progress));
  const onceMs = endMs === undefined ? 0 : Math.max(0, endMs - startMs - msPerSample * all);
  return onceMs + msPerSample * all * scale;
}

/**
 * Milliseconds for a sample, of each thing that a stage was at. The first sign of a thing has what prepares it, such as
 * a model's first pass, and counts only where nothing else was seen.
 */
function rates(progress: readonly Sign[]): readonly number[] {
  const spans = progress.flatMap((now, place) => {
    const before = progress[place - 1];
    if (before === undefined || !goesOn(before, now) || now.done <= before.done) return [];
    const { label } = now;
    return [{ label, isFirst: before.label !== label, ms: now.atMs - before.atMs, samples: now.done - before.done }];
  });
  const steady = spans.filter(({ isFirst }) => !isFirst);
  const counted = steady.length > 0 ? steady : spans;
  return [...new Set(counted.map(({ label }) => label))].map((label) => {
    const own = counted.filter((span) => span.label === label);
    return sum(own.map(({ ms }) => ms)) / sum(own.map(({ samples }) => samples));
  });
}

function goesOn(before: Sign | undefined, now: Sign): boolean {
  return before !== undefined && before.unit === now.unit && before.total === now.total;
}

/** The first epoch prepares things; the others say how long steps, validations and saving take. */
function trainingMs(
  { startMs, epochs }: StageTimeline,
  endMs: number,
  { epochs: wanted, validateEvery, probeValidateEvery }: TrainingLength,
  scale: StageScale,
): number {
  const stepsMs = mean(epochs.slice(1).map((epoch, place) => epoch.stepsEndMs - (epochs[place]?.endMs ?? startMs)));
  const afterMs = epochs.map((epoch) => epoch.endMs - epoch.stepsEndMs);
  const isValidated = (epoch: number): boolean => epoch % probeValidateEvery === 0 || epoch === epochs.length;
  const savedMs = afterMs.filter((_, place) => !isValidated(place + 1));
  const validatedMs = mean(afterMs.filter((_, place) => isValidated(place + 1)));
  const saveMs = savedMs.length === 0 ? 0 : Math.min(mean(savedMs), validatedMs);
  const probedMs = stepsMs * epochs.length + sum(afterMs);
  const onceMs = Math.max(0, endMs - startMs - probedMs);
  const validations = Math.ceil(wanted / validateEvery);
  return onceMs + wanted * (stepsMs * scale.samples + saveMs) + validations * (validatedMs - saveMs) * scale.validation;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
