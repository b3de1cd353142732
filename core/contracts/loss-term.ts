import type { layers, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { OutputSpec } from "./outputs.ts";
import type { Rng } from "./rng.ts";
import type { HostArray, TensorSpec } from "./step.ts";

/**
 * A name that a loss term may ask for. `student…` and `teacher…` are the named outputs of the student's network and of
 * the teacher (`studentLogits` is the output `logits`); `studentFeatures` and `teacherFeatures` are at the taps that `at`
 * names at the term; all else is the truth of the data's task (`labels`).
 */
export type LossInputName = string;

/** What a term is given at its pair of taps. */
export const featureInputs: readonly LossInputName[] = ["studentFeatures", "teacherFeatures"];

/** True for outputs and features of student and teacher; all other inputs are the truth of a task. */
export function comesFromModel(name: LossInputName): boolean {
  return name.startsWith("student") || comesFromTeacher(name);
}

/** True for inputs that exist only with a teacher; terms that need one are dropped from the baseline. */
export function comesFromTeacher(name: LossInputName): boolean {
  return name.startsWith("teacher");
}

/** Typed arrays of one batch on the host, before they become tensors. */
export interface HostBatch {
  /** What the batch is fed to the step with, by name: `labels` are class indices, `[batch]`. */
  readonly inputs: Readonly<Record<string, HostArray>>;
  /** Sample indices in the train split, `[batch]`. */
  readonly indices: Int32Array;
  readonly size: number;
}

/** Shapes of a term's inputs by name, without the batch axis: `studentLogits` `[classes]`, `labels` `[]`. */
export type LossShapes = Readonly<Record<string, readonly number[]>>;

/** What those of a term's inputs are that are named outputs of student and teacher: kind, stride, anchors. */
export type LossOutputs = Readonly<Record<LossInputName, OutputSpec>>;

/** A tensor that a term keeps from step to step, float32. */
export interface LossStateSpec {
  /** Fixed; there is no batch axis. */
  readonly shape: readonly number[];
  /** What it holds before the first step: one number for all, or `shape` in row-major order; 0 unless given. */
  readonly initial?: number | Float32Array;
}

/** What a term owns and `compute` works with. */
export interface LossParts {
  /** What `layers` returned. Apply them with `{ training: true }`; a batch norm then learns its averages. */
  readonly layers: Readonly<Record<string, layers.Layer>>;
  /** The tensors that `state` describes. Reading gives the value of before this step; `assign` sets the next one. */
  readonly state: Readonly<Record<string, Variable>>;
}

/** Tensors by name: those of `Needs` always, those of `Takes` where the training has them. */
export type LossInputs<Needs extends string = string, Takes extends string = never> = Readonly<Record<Needs, Tensor>> &
  Readonly<Partial<Record<Takes, Tensor>>>;

/**
 * What a `losses` provider creates: one term of the training loss. `Needs` and `Takes` are those of the provider, `Own`
 * the names in `prepared` and what `targets` gives.
 */
export interface LossTerm<
  Needs extends string = string,
  Takes extends string = never,
  Own extends string = string extends Needs ? string : never,
> {
  /**
   * Numbers that change over the run, by name.
   *
   * `epoch` counts the epochs done so far, fractional within an epoch; `epochs` is the whole budget.
   */
  readonly scalars?: Readonly<Record<string, (epoch: number, epochs: number) => number>>;
  /** Names of numbers that `compute` tells beside its value (its parts, counts); log and history have their epochs' means. */
  readonly told?: readonly string[];
  /**
   * Fixed-shape inputs that `prepare` fills on the host each step (random masks, bank indices, assignments), or what
   * they are for given shapes.
   */
  readonly prepared?: PreparedInputs<Own> | ((shapes: LossShapes, outputs: LossOutputs) => PreparedInputs<Own>);
  prepare?(batch: HostBatch, rng: Rng, outputs: LossOutputs): SomeOf<Own, Float32Array | Int32Array | Uint8Array>;
  /**
   * Layers that are trained together with the student (regressors, projections). They are built, are kept out of the
   * student, and stay beside it in the trained model's artifact. Called once, before the first step.
   *
   * @param rng the only source of chance: `tf.initializers.heNormal({ seed: rng.uint32() })`
   */
  layers?(shapes: LossShapes, rng: Rng): Readonly<Record<string, layers.Layer>>;
  /** Tensors that live from step to step (memory banks, running centres). Called once, before the first step. */
  state?(shapes: LossShapes, rng: Rng): Readonly<Record<string, LossStateSpec>>;
  /**
   * Constants that `compute` compares with, made of the same inputs (assignments, rankings, masks). No gradient flows
   * through them, so operations without one may be used: TopK, ScatterNd, a gather by ArgMax. As pure as `compute`, and
   * called before it.
   *
   * @returns any shapes; each is an input of `compute`
   */
  targets?(inputs: LossInputs<Needs, Takes>, scalars: Readonly<Record<string, Scalar>>): SomeOf<Own, Tensor>;
  /**
   * The term's value, `[]`, mean over the batch, unweighted. Pure but for assigning `parts.state`: no host reads, no
   * host randomness, no branch on a tensor's value. Called inside a tidy that the engine owns.
   *
   * Shapes: logits `[batch, classes]`, features `[batch, height, width, channels]` or `[batch, channels]`, all float32;
   * those of a task's truth are the task's.
   *
   * @param inputs the tensors named by the provider's `needs` and `takes`, plus the term's own of `prepare` and `targets`
   * @param scalars the term's own scalars by name, each `[]`
   * @param parts the term's own layers and state; empty records for a term without
   * @param tell takes the numbers that `told` names, each `[]` and once
   */
  compute(
    inputs: LossInputs<Needs | Own, Takes>,
    scalars: Readonly<Record<string, Scalar>>,
    parts: LossParts,
    tell?: (name: string, value: Scalar) => void,
  ): Scalar;
}

/** What `prepare` fills, by name. */
export type PreparedInputs<Names extends string = string> = SomeOf<Names, TensorSpec>;

/** Values by name, for any of the names. */
export type SomeOf<Names extends string, Value> = string extends Names
  ? Readonly<Record<string, Value>>
  : { readonly [Name in Names]?: Value };

/** The inputs that a term's `prepare` fills, for the shapes of its other inputs. */
export function preparedInputs(
  { prepared }: Pick<LossTerm, "prepared">,
  shapes: LossShapes,
  outputs: LossOutputs = {},
): PreparedInputs {
  return (typeof prepared === "function" ? prepared(shapes, outputs) : prepared) ?? {};
}
