import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesFocalOptions } from "../options.ts";
import { labelAgainstRest, oneHot } from "./maths/label-logits.ts";

/**
 * Focal loss over a softmax: −(1 − p)^γ log p, p the probability of the label; mean over the batch.
 *
 * 1 − p is taken from the logits of the other classes, so that it is exact where p is near one.
 *
 * Inputs: `studentLogits` `[batch, classes]`, `labels` `[batch]` int32.
 *
 * @see Lin, Goyal, Girshick, He, Dollár (2017), arXiv:1708.02002, equation 4
 */
export const focal: ProviderOf<"losses"> = defineLoss({
  id: "focal",
  summary: "focal loss on the true labels (Lin and others 2017)",
  reference: "arXiv:1708.02002",
  cacheVersion: 1,
  needs: ["studentLogits", "labels"],
  create: ({ gamma }: LossesFocalOptions, { tf }) => ({
    compute: ({ studentLogits, labels }) => {
      const hot = oneHot(tf, labels, studentLogits.shape[1] ?? 0);
      const { label, rest } = labelAgainstRest(tf, studentLogits, hot); // [batch]
      return tf.neg(tf.mean(tf.mul(tf.exp(tf.mul(rest, gamma)), label)));
    },
  }),
});
