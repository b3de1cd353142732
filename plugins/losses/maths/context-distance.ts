import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { pool } from "./pool.ts";

/** Rows and columns of the coarser maps. */
const levels = [4, 2, 1];

/**
 * Squared distances of two maps and of their averages over coarser and coarser fields, each at half the weight of the
 * one before, over the sum of the weights. Vectors have the plain squared distance.
 *
 * @param student `[batch, height, width, channels]` or `[batch, channels]`
 * @param teacher of the same shape
 */
export function contextDistance(tf: Tf, student: Tensor, teacher: Tensor): Scalar {
  let sum = tf.mean(tf.squaredDifference(student, teacher)) as Scalar;
  if (student.rank !== 4) return sum;
  let [weight, total] = [1, 1];
  for (const level of levels.filter((size) => size < (student.shape[1] ?? 0))) {
    weight /= 2;
    total += weight;
    const columns = Math.min(level, student.shape[2] ?? level);
    const distance = tf.mean(
      tf.squaredDifference(pool(tf, student, level, columns), pool(tf, teacher, level, columns)),
    );
    sum = tf.add(sum, tf.mul(distance, weight));
  }
  return tf.div(sum, total);
}
