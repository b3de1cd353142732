import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** What is shorter than 1e-12 has no direction; the cube of the inverse length, which is in the gradient, stays finite. */
const leastSquare = 1e-24;

/**
 * Brings vectors to length one: x / ‖x‖. A vector of zeros stays one, and its gradient is zero, where the quotient
 * would give NaN.
 *
 * @param x any shape
 * @param axes along which a vector lies
 */
export function unit(tf: Tf, x: Tensor, axes: number | number[] = -1): Tensor {
  const square = tf.sum(tf.square(x), axes, true);
  const inverse = tf.rsqrt(tf.maximum(square, leastSquare));
  return tf.mul(x, tf.where(tf.greater(square, leastSquare), inverse, tf.zerosLike(inverse)));
}

/** ‖x‖ along the last axis, which it takes away; where it is zero its gradient is, and not NaN. */
export function length(tf: Tf, x: Tensor): Tensor {
  return tf.sum(tf.mul(x, unit(tf, x)), -1);
}

/**
 * Subtracts the mean and divides by the unbiased standard deviation, along `axes`. Constant values become zeros, without
 * a gradient.
 */
export function standardized(tf: Tf, x: Tensor, axes: number | number[]): Tensor {
  const count = [axes].flat().reduce((product, axis) => product * (x.shape.at(axis) ?? 1), 1);
  const centred = tf.sub(x, tf.mean(x, axes, true));
  return tf.mul(unit(tf, centred, axes), Math.sqrt(count - 1));
}
