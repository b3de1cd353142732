import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { FusedOps } from "./fused-ops.ts";

type SoftmaxCrossEntropy = Tf["losses"]["softmaxCrossEntropy"];

/**
 * `tf.losses.softmaxCrossEntropy` through a kernel that gives losses and gradient at once. Arguments, label smoothing,
 * weights and reduction are stock; so is all that is not a matrix of logits with its labels.
 */
export function softmaxCrossEntropyOf(tf: Tf, fused: FusedOps): SoftmaxCrossEntropy {
  const kernel = fused.softmaxCrossEntropy ?? ((logits, labels) => portableKernel(tf, logits, labels));
  const stock = tf.losses.softmaxCrossEntropy;
  const rowLosses = tf.customGrad((...args) => {
    const [logits, labels, save] = args as [Tensor, Tensor, (tensors: Tensor[]) => void];
    const { losses, gradient } = kernel(logits, labels);
    save([gradient, logits]);
    // by the labels it is −logSoftmax, where stock TensorFlow.js has labels − softmax
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [kept, keptLogits] = saved as [Tensor, Tensor];
      const dyColumn = tf.expandDims(dy, -1); // [batch, 1]
      return [tf.mul(dyColumn, kept), tf.mul(dyColumn, tf.neg(tf.logSoftmax(keptLogits)))];
    };
    return { value: losses, gradFunc };
  });
  return ((labels, logits, weights, labelSmoothing = 0, reduction) => {
    if (!isMatrix(tf, labels) || !isMatrix(tf, logits) || logits.dtype !== "float32") {
      return stock(labels, logits, weights, labelSmoothing, reduction);
    }
    tf.util.assertShapesMatch(labels.shape, logits.shape, "Error in softmaxCrossEntropy: ");
    return tf.tidy(() => {
      const classes = logits.shape[1] as number;
      const hard: Tensor = labels.dtype === "float32" ? labels : tf.cast(labels, "float32");
      const soft = labelSmoothing > 0 ? tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / classes) : hard;
      return tf.losses.computeWeightedLoss(rowLosses(logits, soft), weights, reduction);
    });
  }) as SoftmaxCrossEntropy;
}

function portableKernel(tf: Tf, logits: Tensor, labels: Tensor): { losses: Tensor; gradient: Tensor } {
  const logProbs = tf.logSoftmax(logits);
  return { losses: tf.neg(tf.sum(tf.mul(labels, logProbs), -1)), gradient: tf.sub(tf.exp(logProbs), labels) };
}

function isMatrix(tf: Tf, value: unknown): value is Tensor {
  return value instanceof tf.Tensor && value.rank === 2;
}
