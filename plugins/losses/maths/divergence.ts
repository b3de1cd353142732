import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/**
 * KL(teacher ‖ student) = Σ exp(t) (t − s) over the last axis, which it takes away. Exact where both agree.
 *
 * @param student log probabilities `[..., classes]`
 * @param teacher log probabilities of the same shape
 */
export function divergence(tf: Tf, student: Tensor, teacher: Tensor): Tensor {
  return tf.sum(tf.mul(tf.exp(teacher), tf.sub(teacher, student)), -1);
}
