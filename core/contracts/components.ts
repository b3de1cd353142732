import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { Rng } from "../tensors/rng.ts";
import type { ImageSize } from "./dataset.ts";
import type { LossTerm } from "./loss-term.ts";
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

/** What an `optimizers` provider creates. Runs inside the step body, once per trained variable. */
export interface Optimizer {
  /** Base learning rate; the schedule multiplies it. */
  readonly learningRate: number;
  /** Names of the state tensors per variable, each of the variable's shape and zero at the start. */
  readonly slots: readonly string[];
  /**
   * Assigns the new weight and the new slots.
   *
   * @param update.decay whether weight decay applies; false for biases and batch-norm scales and offsets
   */
  apply(update: {
    readonly weight: Variable;
    readonly gradient: Tensor;
    readonly slots: Readonly<Record<string, Variable>>;
    readonly learningRate: Scalar;
    readonly decay: boolean;
  }): void;
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

/** One term of the loss as the trainer sees it. */
export interface ObjectiveTerm {
  readonly name: string;
  readonly term: LossTerm;
  readonly needs: readonly string[];
  /** The weight at a moment of the run. */
  weight(epoch: number, epochs: number): number;
}

/** What a `loss` provider creates: all terms, to be summed by weight. */
export interface Objective {
  readonly terms: readonly ObjectiveTerm[];
}
