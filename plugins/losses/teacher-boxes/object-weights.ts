import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { balance } from "../yolov7/assign-targets.ts";

export interface ObjectWeightsRequest {
  /** 1 for cells that learn the teacher's objectness, `[batch, cells]`. */
  readonly claimed: Tensor;
  /** 1 for classes of the data that the teacher knows, `[classes]`. */
  readonly known: Tensor;
  /** `ignore`: nothing is said of other cells; `zero`: they are background where the teacher knows every class. */
  readonly background: "ignore" | "zero";
  /** Cells of each level. */
  readonly levels: readonly number[];
}

/** Weights of objectness by cell, `[batch, cells]`: as in the loss on the truth, balance / cells of the level. */
export function objectWeights(tf: Tf, { claimed, known, background, levels }: ObjectWeightsRequest): Tensor {
  const [batch = 0] = claimed.shape;
  const mask = background === "zero" ? tf.maximum(claimed, tf.min(known)) : claimed;
  const shares = levels.map((count, level) => tf.fill([1, count], (balance[level] ?? 1) / (batch * count)));
  return tf.mul(mask, tf.concat(shares, 1));
}
