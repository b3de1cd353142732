import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** Cross-entropy of sigmoids to probabilities, by element: softplus(logit) − target · logit. */
export function crossEntropy(tf: Tf, logits: Tensor, targets: Tensor): Tensor {
  return tf.sub(tf.softplus(logits), tf.mul(targets, logits));
}

/**
 * Cross-entropy of candidates to soft classes, mean over those classes that the teacher knows, `[batch, candidates]`.
 * Others have a gradient of exactly 0.
 *
 * @param candidates `[batch, candidates, 5 + classes]`
 * @param classes `[batch, candidates, classes]`
 * @param known `[classes]`
 */
export function knownClassEntropy(tf: Tf, candidates: Tensor, classes: Tensor, known: Tensor): Tensor {
  const [batch = 0, count = 0, classCount = 0] = classes.shape;
  const logits = tf.slice(candidates, [0, 0, 5], [batch, count, classCount]);
  const entropy = tf.mul(crossEntropy(tf, logits, classes), known);
  return tf.div(tf.sum(entropy, -1), tf.maximum(tf.sum(known), 1));
}
