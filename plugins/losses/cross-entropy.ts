import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesCrossEntropyOptions } from "../options.ts";

/** Keeps rows of no weight from dividing by zero; far below any weight that matters. */
const leastWeight = 1e-12;

/**
 * Cross-entropy of the student's softmax to the labels, mean over the batch:
 * −Σ q log softmax(logits), q = (1 − ε) · p + ε / classes, ε = `labelSmoothing`, p = oneHot(label), or
 * share · oneHot(label) + (1 − share) · oneHot(second label) where views mix two samples. By linearity that is
 * share · CE(first) + (1 − share) · CE(second).
 *
 * With class weights w: Σ rows −Σ w q log softmax(logits), over Σ rows Σ w p, which is PyTorch's `CrossEntropyLoss`
 * with `weight` and `label_smoothing`, extended to two labels.
 *
 * Inputs: `studentLogits` `[batch, classes]`, `labels` `[batch]` int32; and where there are any `secondLabels` `[batch]`
 * int32, `labelShares` `[batch]`, `classWeights` `[classes]`.
 *
 * @see Szegedy, Vanhoucke, Ioffe, Shlens, Wojna (2015), arXiv:1512.00567, §7 for label smoothing
 */
export const crossEntropy: ProviderOf<"losses"> = defineLoss({
  id: "cross-entropy",
  summary: "cross-entropy to the true labels",
  cacheVersion: 1,
  needs: ["studentLogits", "labels"],
  takes: ["secondLabels", "labelShares", "classWeights"],
  create: ({ labelSmoothing }: LossesCrossEntropyOptions, { tf }) => ({
    compute: ({ studentLogits, labels, secondLabels, labelShares, classWeights }) => {
      const classes = studentLogits.shape[1] ?? 0;
      const first = oneHot(tf, labels, classes);
      const hard =
        secondLabels === undefined || labelShares === undefined
          ? first
          : mixed(tf, first, oneHot(tf, secondLabels, classes), labelShares);
      const targets = labelSmoothing === 0 ? hard : tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
      if (classWeights === undefined) return tf.losses.softmaxCrossEntropy(targets, studentLogits);
      return weightedMean(tf, studentLogits, tf.mul(targets, classWeights), tf.mul(hard, classWeights));
    },
  }),
});

/** `[batch, classes]` float32 */
function oneHot(tf: Tf, labels: Tensor, classes: number): Tensor {
  // int32 first: the wasm kernel of oneHot writes integers whatever dtype is asked for.
  return tf.cast(tf.oneHot(labels, classes), "float32");
}

function mixed(tf: Tf, first: Tensor, second: Tensor, shares: Tensor): Tensor {
  const share = tf.expandDims(shares, -1); // [batch, 1]
  return tf.add(tf.mul(first, share), tf.mul(second, tf.sub(1, share)));
}

/**
 * @param targets w q, `[batch, classes]`
 * @param weights w p, `[batch, classes]`
 */
function weightedMean(tf: Tf, logits: Tensor, targets: Tensor, weights: Tensor): Scalar {
  // Kernels take rows of targets that sum to one, so each row's sum is taken out and put back.
  const rowSums = tf.sum(targets, -1, true); // [batch, 1]
  const rows = tf.losses.softmaxCrossEntropy(
    tf.div(targets, tf.maximum(rowSums, leastWeight)),
    logits,
    undefined,
    0,
    tf.Reduction.NONE,
  ); // [batch]
  const total = tf.maximum(tf.sum(weights), leastWeight);
  return tf.div(tf.sum(tf.mul(rows, tf.squeeze(rowSums, [-1]))), total) as Scalar;
}
