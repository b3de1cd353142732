import type { layers, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { ImageSize } from "./dataset.ts";
import type { LossTerm } from "./loss-term.ts";
import type { Rng } from "./rng.ts";
import type { View } from "./view.ts";

/** What an `augmentations` provider creates: changes a view. Chained in the order of the YAML list. */
export interface Augmentation {
  /**
   * Must use `rng` alone for chance. Sizes are relative (see {@link View}). Never sets `partner`: the dataset does,
   * where there is a `mix`, which a provider with `mixes` may set.
   *
   * @param original the size of the sample's own image
   */
  describe(view: View, rng: Rng, original: ImageSize): View;
}

/** What a `schedules` provider creates: the factor on the base learning rate. */
export interface Schedule {
  /**
   * @param epoch epochs done so far, fractional within an epoch
   * @param epochs the whole budget
   */
  factor(epoch: number, epochs: number): number;
}

/** One weight's update, as an optimizer sees it. */
export interface WeightUpdate {
  readonly weight: Variable;
  readonly gradient: Tensor;
  readonly slots: Readonly<Record<string, Variable>>;
  /** Base rate times the schedule's factor, times that of the weight's group. */
  readonly learningRate: Scalar;
  /** What the optimizer's own `scalars` gives for this update. */
  readonly scalars: Readonly<Record<string, Scalar>>;
  /** The optimizer's, or that of the weight's group; 0 for biases and batch-norm scales and offsets. */
  readonly weightDecay: number;
  /** In place of the optimizer's own, in trainings that warm it up. */
  readonly momentum?: Scalar | undefined;
}

/** What an `optimizers` provider creates. Runs inside the step body, once per trained variable. */
export interface Optimizer {
  /** Base learning rate; the schedule multiplies it. */
  readonly learningRate: number;
  /** Decay of kernels; left out where there is none, and then groups cannot give one. */
  readonly weightDecay?: number;
  /** Share of the velocity that is kept, which a warm-up ends with; left out where there is no velocity. */
  readonly momentum?: number;
  /** Names of the state tensors per variable, each of the variable's shape and zero at the start. */
  readonly slots: readonly string[];
  /**
   * Numbers that depend on how many updates there were, such as bias corrections; scalars of the step, so that a
   * captured step does not freeze them.
   *
   * @param update number of the update, from 1; it goes on from epoch to epoch
   * @returns the same names for every update
   */
  scalars?(update: number): Readonly<Record<string, number>>;
  /** Assigns the new weight and the new slots. */
  apply(update: WeightUpdate): void;
}

/** A weight that changes over the run; see {@link weightAt}. */
export interface WeightRamp {
  readonly from: number;
  readonly to: number;
  readonly shape: "linear" | "cosine";
  /** The epoch at which `to` is reached; default: the last one. */
  readonly stopEpoch?: number;
}

/** A weight without its context: fixed, or a ramp. */
export type PlainWeight = number | WeightRamp;

/**
 * A share of the sum of other weights, at every moment of the run. The planner's baseline needs it: its hard terms carry
 * the total weight that all terms had. Pipeline files cannot write it.
 */
export interface WeightShare {
  /** Weights whose sum is shared. */
  readonly total: readonly PlainWeight[];
  /** This term's weight and the weights of all that share; left out where one term takes the whole sum. */
  readonly part?: { readonly of: PlainWeight; readonly among: readonly PlainWeight[] };
}

export type WeightSpec = PlainWeight | WeightShare;

/** Where a term compares features. */
export interface TapPair {
  /** A tap of the student's network. */
  readonly student: string;
  /** A tap of the teacher. */
  readonly teacher: string;
}

/** What an `adapters` provider creates: trained layers that bring the student's features to the shape of the teacher's. */
export interface Adapter {
  /**
   * @param from shape of the student's features, without the batch axis
   * @param to shape that the last layer gives
   * @param rng the only source of chance
   * @returns built layers, by name, in the order in which they are applied
   */
  layers(from: readonly number[], to: readonly number[], rng: Rng): Readonly<Record<string, layers.Layer>>;
}

/** One term of the loss as the trainer sees it. */
export interface ObjectiveTerm {
  readonly name: string;
  readonly term: LossTerm;
  readonly needs: readonly string[];
  /** Inputs that it is given where the training has them. */
  readonly takes?: readonly string[] | undefined;
  /** There where it needs features. */
  readonly at?: TapPair | undefined;
  /** There where it takes the features of several pairs at once, `studentFeatures1` those of the first. */
  readonly joined?: readonly TapPair[] | undefined;
  /** Left out: none, or the trainer's own where `adapts` asks for one. */
  readonly adapter?: Adapter | undefined;
  /** Whether the student's features have to be of the shape of the teacher's. */
  readonly adapts?: boolean | undefined;
  /** The kind that the outputs it compares have to be of; any unless given. */
  readonly outputKind?: string | undefined;
  /** The weight at a moment of the run. */
  weight(epoch: number, epochs: number): number;
}

/** What a `loss` provider creates: all terms, to be summed by weight. */
export interface Objective {
  readonly terms: readonly ObjectiveTerm[];
}
