import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** One row of numbers for each sample: `[batch, ...]` to `[batch, features]`. */
export function rows(tf: Tf, x: Tensor): Tensor {
  const [batch = 0, ...shape] = x.shape;
  return tf.reshape(x, [batch, shape.reduce((product, size) => product * size, 1)]);
}

/** Places of a map in one axis: `[batch, height, width, channels]` to `[batch, places, channels]`; a vector is one place. */
export function places(tf: Tf, x: Tensor): Tensor {
  const [batch = 0, ...shape] = x.shape;
  const channels = shape.at(-1) ?? 1;
  const count = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return tf.reshape(x, [batch, count, channels]);
}
