import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";

export type HostArray = Float32Array | Int32Array | Uint8Array;

/** One input of a step. `shape` is without the batch axis; the batch may be smaller in the last step of an epoch. */
export interface TensorSpec {
  readonly shape: readonly number[];
  /** `uint8` arrives in the body as int32 (0…255); the body casts. */
  readonly dtype: "uint8" | "int32" | "float32";
}

/** A tensor that training changes: weight, running average or optimizer slot. Names are unique and stable. */
export interface StateVariable {
  readonly name: string;
  readonly variable: Variable;
}

/**
 * One training step. Pure but for assigning `state`: no `dataSync`, no host randomness, no branch on a tensor's value.
 * Runs inside a tidy.
 *
 * @returns small tensors that `run` may fetch, by name
 */
export type StepBody = (
  inputs: Readonly<Record<string, Tensor>>,
  scalars: Readonly<Record<string, Scalar>>,
) => Readonly<Record<string, Tensor>>;

export interface StepSpec {
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** Numbers that change from step to step: learning rate, term weights, … */
  readonly scalars: readonly string[];
  readonly state: readonly StateVariable[];
  readonly body: StepBody;
  /** Other bodies on the same inputs, scalars and state, by name: steps that `run` is asked for by that name. */
  readonly variants?: Readonly<Record<string, StepBody>>;
  /** Names of the inputs that `predict` takes. */
  readonly predictInputs: readonly string[];
  /**
   * The forward pass for evaluation; no state changes. Runs inside a tidy. Results are `[batch, ...]`, and a sample's
   * result does not depend on the others of its batch.
   */
  predict(inputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>>;
  /** A step to try things on before the first real one; without it nothing is captured. */
  readonly example?: StepExample;
  /** Told, once, where steps are captured but predictions cannot be and run operation by operation. */
  onEagerPrediction?(reason: string): void;
  /** Ends a long preparation. */
  readonly signal?: AbortSignal;
  /** Whose code the body runs right now (`loss term "kd"`), for messages about it. */
  author?(): string | undefined;
}

/** Real inputs of a step. */
export interface StepExample {
  readonly batch: Readonly<Record<string, HostArray>>;
  /** Batch sizes that will come, the largest first; the arrays of `batch` hold at least that many samples. */
  readonly batchSizes: readonly number[];
  /** The same for each variant that will be run. */
  readonly variantSizes?: Readonly<Record<string, readonly number[]>>;
  readonly scalars: Readonly<Record<string, number>>;
}

export type HostState = ReadonlyMap<string, Float32Array>;

export interface RunOptions {
  readonly fetch: boolean;
  readonly variant?: string | undefined;
}

/**
 * The only way weights change while training. While it lives, the state is its own: the variables of the spec hold the
 * current values only after `writeState`.
 */
export interface Step {
  /** How steps are executed; recorded in checkpoints, because another mode may give other last bits. */
  readonly mode: "eager" | "captured";
  /** Why the step is eager though the backend can capture. */
  readonly eagerReason?: string;
  /**
   * Runs one step on a batch of `batchSize` samples.
   *
   * @param options.fetch true reads the body's results back (this waits for the device); false returns `undefined`
   * @param options.variant one of the spec's variants instead of its body
   */
  run(
    batch: Readonly<Record<string, HostArray>>,
    batchSize: number,
    scalars: Readonly<Record<string, number>>,
    options: RunOptions,
  ): Promise<Readonly<Record<string, Float32Array>> | undefined>;
  predict(
    batch: Readonly<Record<string, HostArray>>,
    batchSize: number,
  ): Promise<Readonly<Record<string, Float32Array>>>;
  /** Copies of all state, by name. */
  readState(): Promise<HostState>;
  writeState(state: HostState): Promise<void>;
  dispose(): void;
}
