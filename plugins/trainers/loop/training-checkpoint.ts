import { type CheckpointStore, type EpochRecord, type HostState, KdflowError } from "../../../core/index.ts";
import { nanForNull } from "./nan-for-null.ts";

/** Where a training stands: everything that is not in the step's state. */
export interface TrainingProgress {
  /** Epochs that are done, and steps done in the one after. */
  readonly epoch: number;
  readonly step: number;
  readonly history: readonly EpochRecord[];
  readonly best: BestEpoch | undefined;
}

export interface BestEpoch {
  readonly epoch: number;
  readonly metric: string;
  readonly value: number;
  /** The task's second metric, which decides between equal ones. */
  readonly tie: number;
}

/** What decides the last bits of a training; another value must not continue a checkpoint. */
export interface StepMode {
  readonly mode: string;
  readonly numericClass: string;
}

export interface TrainingSnapshot {
  readonly progress: TrainingProgress;
  readonly state: HostState;
  /** The model's weights at the best epoch. */
  readonly bestWeights: HostState | undefined;
}

type CheckpointFiles = Readonly<Record<string, Uint8Array>>;

interface Header extends TrainingProgress {
  readonly format: 1;
  readonly stepMode: StepMode;
  readonly state: readonly StateEntry[];
  readonly bestWeights: readonly StateEntry[] | null;
}

interface StateEntry {
  readonly name: string;
  readonly length: number;
}

/** Writes one snapshot; it replaces the one before as one. */
export async function saveCheckpoint(
  checkpoints: CheckpointStore,
  snapshot: TrainingSnapshot,
  stepMode: StepMode,
): Promise<void> {
  const { progress, state, bestWeights } = snapshot;
  const header: Header = {
    format: 1,
    stepMode,
    ...progress,
    state: entriesOf(state),
    bestWeights: bestWeights === undefined ? null : entriesOf(bestWeights),
  };
  await checkpoints.save({
    "progress.json": JSON.stringify(header),
    "state.bin": concatenate(state),
    ...(bestWeights === undefined ? {} : { "best.bin": concatenate(bestWeights) }),
  });
}

/**
 * Reads the last snapshot.
 *
 * @throws KDF_TRAIN_STEP_MODE when it was written in another step mode or by another backend
 */
export async function loadCheckpoint(
  checkpoints: CheckpointStore,
  stepMode: StepMode,
): Promise<TrainingSnapshot | undefined> {
  const files = await checkpoints.load();
  if (files === undefined) return undefined;
  const header = headerOf(files);
  const difference = stepModeDifference(header.stepMode, stepMode);
  if (difference !== undefined) {
    throw new KdflowError("KDF_TRAIN_STEP_MODE", `the checkpoint ${difference}`, {
      hint: `go on ${sameModeWords(header.stepMode, stepMode)}, or start the stage anew with \`--force\``,
    });
  }
  return snapshotOf(files, header);
}

/**
 * Reads the last snapshot of a shorter training.
 *
 * @returns why it cannot be used, in words, where it was written in another step mode
 */
export function readShorterTraining(files: CheckpointFiles, stepMode: StepMode): TrainingSnapshot | string {
  const header = headerOf(files);
  return stepModeDifference(header.stepMode, stepMode) ?? snapshotOf(files, header);
}

/** The snapshot in a checkpoint's files, whoever wrote them: to read its weights, not to go on. */
export const snapshotIn = (files: CheckpointFiles): TrainingSnapshot => snapshotOf(files, headerOf(files));

function stepModeDifference(was: StepMode, is: StepMode): string | undefined {
  if (was.mode === is.mode && was.numericClass === is.numericClass) return undefined;
  return `was written by ${was.numericClass} (${was.mode} steps), and this run uses ${is.numericClass} (${is.mode} steps)`;
}

/** How to run in the mode of the checkpoint again. */
function sameModeWords(was: StepMode, is: StepMode): string {
  if (was.numericClass !== is.numericClass) return `with \`--backend ${was.numericClass}\``;
  return was.mode === "eager" ? "with KDFLOW_STEP=eager" : "without KDFLOW_STEP=eager";
}

function headerOf(files: CheckpointFiles): Header {
  return nanForNull(JSON.parse(Buffer.from(required(files, "progress.json")).toString("utf8")) as Header);
}

function snapshotOf(files: CheckpointFiles, header: Header): TrainingSnapshot {
  return {
    progress: { epoch: header.epoch, step: header.step, history: header.history, best: header.best },
    state: split(required(files, "state.bin"), header.state),
    bestWeights: header.bestWeights === null ? undefined : split(required(files, "best.bin"), header.bestWeights),
  };
}

function required(files: CheckpointFiles, name: string): Uint8Array {
  const file = files[name];
  if (file === undefined) throw new KdflowError("KDF_TRAIN_CHECKPOINT", `the checkpoint has no "${name}"`);
  return file;
}

function entriesOf(state: HostState): StateEntry[] {
  return [...state].map(([name, values]) => ({ name, length: values.length }));
}

function concatenate(state: HostState): Uint8Array {
  const arrays = [...state.values()];
  const all = new Float32Array(arrays.reduce((sum, values) => sum + values.length, 0));
  let offset = 0;
  for (const values of arrays) {
    all.set(values, offset);
    offset += values.length;
  }
  return new Uint8Array(all.buffer);
}

function split(bytes: Uint8Array, entries: readonly StateEntry[]): HostState {
  // a copy: a Buffer may lie anywhere in a larger pool, unaligned
  const all = new Float32Array(new Uint8Array(bytes).buffer);
  const state = new Map<string, Float32Array>();
  let offset = 0;
  for (const { name, length } of entries) {
    state.set(name, all.slice(offset, offset + length));
    offset += length;
  }
  if (offset !== all.length)
    throw new KdflowError("KDF_TRAIN_CHECKPOINT", "the checkpoint's weights have another length than its index says");
  return state;
}
