import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { balance } from "../yolov7/assign-targets.ts";

export interface ObjectWeightsRequest {
  /** 1 for cells that learn the teacher's objectness, `[batch, cells]`. */
  readonly claimed: Tensor;
  /** 0 for cells that are no background, `[batch, cells]`; none of them unless given. */
  readonly open?: Tensor;
  /** 1 for classes of the data that the teacher knows, `[classes]`. */
  readonly known: Tensor;
  /** `ignore`: nothing is said of other cells; `zero`: they are background where the teacher knows every class. */
  readonly background: "ignore" | "zero";
  /** Cells of each level. */
  readonly levels: readonly number[];
}

/** Weights of objectness by cell, `[batch, cells]`: as in the loss on the truth, balance / cells of the level. */
export function objectWeights(tf: Tf, { claimed, open, known, background, levels }: ObjectWeightsRequest): Tensor {
  const [batch = 0] = claimed.shape;
  const empty = open === undefined ? tf.min(known) : tf.mul(open, tf.min(known));
  const mask = background === "zero" ? tf.maximum(claimed, empty) : claimed;
  const shares = levels.map((count, level) => tf.fill([1, count], (balance[level] ?? 1) / (batch * count)));
  return tf.mul(mask, tf.concat(shares, 1));
}
