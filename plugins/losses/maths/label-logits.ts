import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** Takes a class out of a softmax: far below any logit, and far from float32's end. */
const out = 1e9;

/** Labels as one-hot rows, `[batch, classes]` float32. */
export function oneHot(tf: Tf, labels: Tensor, classes: number): Tensor {
  // int32 first: the wasm kernel of oneHot writes integers whatever dtype is asked for.
  return tf.cast(tf.oneHot(tf.cast(labels, "int32"), classes), "float32");
}

/** log softmax over all classes but the label, `[batch, classes]`; the label's own number is finite and far below. */
export function otherLogProbs(tf: Tf, logits: Tensor, hot: Tensor): Tensor {
  return tf.logSoftmax(tf.sub(tf.where(tf.greater(hot, 0), tf.zerosLike(logits), logits), tf.mul(hot, out)));
}

/** The label's log probability and that of all other classes together, both `[batch]`. */
export function labelAgainstRest(tf: Tf, logits: Tensor, hot: Tensor): { label: Tensor; rest: Tensor } {
  const others = tf.sub(logits, tf.mul(hot, out));
  return {
    label: tf.sum(tf.mul(hot, tf.logSoftmax(logits)), -1),
    rest: tf.sub(tf.logSumExp(others, -1), tf.logSumExp(logits, -1)),
  };
}
