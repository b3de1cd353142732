import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { Rng } from "../tensors/rng.ts";
import type { TensorSpec } from "../tensors/step.ts";

/** Names a loss term may ask for; the engine fills them. Feature names need `at:` at the term. */
export type LossInputName =
  | "studentLogits"
  | "teacherLogits"
  | "labels"
  | "studentFeatures"
  | "teacherFeatures"
  | "studentEmbedding"
  | "teacherEmbedding"
  | "studentEarly"
  | "studentLate"
  | "teacherEarly"
  | "teacherLate"
  | "studentBoxes"
  | "teacherBoxes";

/** True for inputs that exist only with a teacher; terms that need one are dropped from the baseline. */
export function comesFromTeacher(name: LossInputName): boolean {
  return name.startsWith("teacher");
}

/** Typed arrays of one batch on the host, before they become tensors. */
export interface HostBatch {
  /** Class indices, `[batch]`. */
  readonly labels: Int32Array;
  /** Sample indices in the train split, `[batch]`. */
  readonly indices: Int32Array;
  readonly size: number;
}

/** What a `losses` provider creates: one term of the training loss. */
export interface LossTerm {
  /**
   * The term's value, `[]`, mean over the batch, unweighted. Pure: no host reads, no host randomness, no branch on a
   * tensor's value. Called inside a tidy that the engine owns.
   *
   * Shapes: logits `[batch, classes]` float32, `labels` `[batch]` int32, features `[batch, height, width, channels]`.
   *
   * @param inputs the tensors named by the provider's `needs`, plus the term's own `prepare` outputs
   * @param scalars the term's own scalars by name, each `[]`
   */
  compute(inputs: Readonly<Record<string, Tensor>>, scalars: Readonly<Record<string, Scalar>>): Scalar;
  /** Fixed-shape inputs that `prepare` fills on the host each step (random masks, bank indices, assignments). */
  readonly prepared?: Readonly<Record<string, TensorSpec>>;
  prepare?(batch: HostBatch, rng: Rng): Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>;
}
