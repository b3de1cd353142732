import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../contracts/backend.ts";

/**
 * Stops gradients: the value of `tensor`, constant for differentiation.
 *
 * @returns a tensor that shares the data of `tensor`; caller disposes
 */
export function detach<T extends Tensor>(tf: Tf, tensor: T): T {
  const constant = tf.customGrad((...args) => {
    const x = args[0] as Tensor;
    const { shape } = x;
    return { value: tf.clone(x), gradFunc: () => tf.zeros(shape) };
  });
  return constant(tensor) as T;
}
