import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** `[batch, count]` class numbers → `[batch, count, classes]` float32; that of TensorFlow.js takes two classes or more. */
export function oneHot(tf: Tf, ids: Tensor, classes: number): Tensor {
  return tf.cast(tf.equal(tf.expandDims(ids, -1), tf.range(0, classes, 1, "float32")), "float32");
}
