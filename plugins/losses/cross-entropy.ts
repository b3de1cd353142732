import { defineLoss, KdflowError, type LossTerm, type ProviderOf } from "../../core/index.ts";
import type { LossesCrossEntropyOptions } from "../options.ts";

/**
 * Cross-entropy of the student's softmax to the labels, mean over the batch:
 * −Σ q log softmax(logits), q = (1 − ε) · oneHot(label) + ε / classes, ε = `labelSmoothing`.
 *
 * Inputs: `studentLogits` `[batch, classes]`, `labels` `[batch]` int32.
 *
 * @see Szegedy, Vanhoucke, Ioffe, Shlens, Wojna (2015), arXiv:1512.00567, §7 for label smoothing
 */
export const crossEntropy: ProviderOf<"losses"> = defineLoss<LossesCrossEntropyOptions>({
  id: "cross-entropy",
  summary: "cross-entropy to the true labels",
  cacheVersion: 1,
  needs: ["studentLogits", "labels"],
  create: ({ labelSmoothing }, { tf }): LossTerm => ({
    compute: ({ studentLogits, labels }) => {
      if (studentLogits === undefined || labels === undefined) {
        throw new KdflowError("KDF_INTERNAL", "cross-entropy was computed without its inputs");
      }
      const classes = studentLogits.shape[1] ?? 0;
      // int32 first: the wasm kernel of oneHot writes integers whatever dtype is asked for.
      const hard = tf.cast(tf.oneHot(labels, classes), "float32"); // [batch, classes]
      const targets = labelSmoothing === 0 ? hard : tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
      return tf.losses.softmaxCrossEntropy(targets, studentLogits);
    },
  }),
});
