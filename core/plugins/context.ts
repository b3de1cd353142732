import type { Tensor } from "@tensorflow/tfjs";
import type { Backend, Tf } from "../contracts/backend.ts";
import type { FamilyName } from "../contracts/kinds.ts";
import type { Log } from "../contracts/log.ts";
import type { Rng } from "../contracts/rng.ts";
import type { Task } from "../contracts/task.ts";
import type { BoundProvider, InstanceOf, ProviderUse } from "./provider.ts";

/** What is known while planning: no tensors, no store. */
export interface PlanContext {
  /** Folder of the pipeline file; relative paths in options start there. */
  readonly baseDir: string;
  readonly signal: AbortSignal;
  /** The provider behind a use that was validated, with its options; all of them are loaded by then. */
  lookup<F extends FamilyName>(family: F, use: ProviderUse): BoundProvider<F>;
  /** The task of that id; those of a pipeline's data and networks are loaded by then. */
  task(id: string): Task;
  /** SHA-256 of a file's content, remembered by path, size, modification time and inode. */
  fileDigest(path: string): Promise<string>;
}

/** What a component is created with. `tf` and `backend` throw KDF_TENSORS_NO_BACKEND while planning. */
export interface CreateContext {
  readonly baseDir: string;
  readonly tf: Tf;
  readonly backend: Backend;
  /** Stops gradients: the value of `tensor`, constant for differentiation. */
  detach<T extends Tensor>(tensor: T): T;
  /** Counter-based random numbers: the same stage seed, stream and counters give the same numbers. */
  rng(stream: string, ...counters: readonly number[]): Rng;
  /** The provider behind a use that was validated, to ask what it declares (a loss term's `needs`). */
  lookup<F extends FamilyName>(family: F, use: ProviderUse): BoundProvider<F>;
  /** The task of that id; those of a pipeline's data and networks are loaded by then. */
  task(id: string): Task;
  /** Creates a component that options name. */
  provider<F extends FamilyName>(family: F, use: ProviderUse): Promise<InstanceOf<F>>;
}

/** Work done so far inside a stage, for progress bars and ETAs. */
export interface Progress {
  /** What is being counted: `images`, `steps`, `epochs`. */
  readonly unit: string;
  readonly done: number;
  readonly total: number;
  /** Numbers worth showing now: loss, images per second. */
  readonly values?: Readonly<Record<string, number>>;
  /** A word before the bar, such as `epoch 2/3`. */
  readonly label?: string;
}

/** What a stage runs with. */
export interface StageContext extends CreateContext, PlanContext {
  readonly stage: string;
  readonly seed: number;
  /** Names of the stages on a port, in the order of the port's values. */
  inputStages(port: string): readonly string[];
  /** The opened value of a port, for `open`, which gets none: a result may be a choice from another one. */
  openInput(port: string): Promise<unknown>;
  /** Aborted by Ctrl-C: finish or drop the batch, checkpoint, throw `signal.reason`. */
  readonly signal: AbortSignal;
  readonly log: Log;
  progress(progress: Progress): void;
  /** Reports a finished epoch: fires the hook `epochEnd`, prints a line. */
  epochEnd(epoch: EpochEvent): Promise<void>;
  /** Where `run` writes its files. */
  readonly outputDir: string;
  /** Scratch folder, removed afterwards. */
  readonly tmpDir: string;
  /** Survives a kill: unfinished work of this very key. Emptied once the stage is committed. */
  readonly checkpoints: CheckpointStore;
  /** Finished work of which this one is the continuation, where the provider has `lengthening`. */
  readonly trajectory: TrajectoryStore;
  /** Sub-artifacts with a key of their own (soft-label shards), kept and reused one by one. */
  readonly parts: PartStore;
}

export interface EpochEvent {
  /** Epochs done, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Named snapshots that replace each other as one: a reader sees the old one or the new one, never half. */
export interface CheckpointStore {
  /** Writes the files as one snapshot and drops the one before. */
  save(files: Readonly<Record<string, Uint8Array | string>>): Promise<void>;
  /** The last snapshot that is whole, or `undefined`. Broken ones are set aside with a warning. */
  load(): Promise<Readonly<Record<string, Uint8Array>> | undefined>;
}

/** Ends of finished work that differs from this one in its length alone. */
export interface TrajectoryStore {
  /** The last checkpoint of the longest that is not longer than this one; `undefined` without one, or where forced. */
  load(): Promise<{ readonly length: number; readonly files: Readonly<Record<string, Uint8Array>> } | undefined>;
}

/** Content-addressed parts of an artifact. The artifact must list their keys in `references.json` to keep them. */
export interface PartStore {
  /** Makes the part's key from `identity` (plain data). */
  key(identity: Readonly<Record<string, unknown>>): string;
  /** Folder of a committed part, or `undefined` when there is none or it is damaged (then set aside, with a warning). */
  find(key: string): Promise<string | undefined>;
  /** Lets `write` fill a folder, then commits it as one. */
  commit(key: string, write: (directory: string) => Promise<void>): Promise<string>;
}
