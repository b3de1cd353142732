import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesNkdOptions } from "../options.ts";
import { oneHot, otherLogProbs } from "./maths/label-logits.ts";

/**
 * Normalised knowledge distillation: −pT(y) log pS(y) − γ T² Σ p̂T log p̂S, mean over the batch.
 *
 * y is the label, p the softmax of the logits as they are, p̂ the softmax at temperature T over all classes but y. It is
 * a cross-entropy: its least value is the teacher's entropy, not zero. Nothing flows to the teacher.
 *
 * Inputs: `studentLogits` and `teacherLogits` `[batch, classes]`, `labels` `[batch]` int32.
 *
 * @see Yang, Zeng, Zhang, Yuan, Li, Ding (2023), "From knowledge distillation to self-knowledge distillation", arXiv:2303.13005
 */
export const nkd: ProviderOf<"losses"> = defineLoss({
  id: "nkd",
  summary: "normalised knowledge distillation on logits and labels (Yang and others 2023)",
  reference: "arXiv:2303.13005",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits", "labels"],
  outputKind: "softmax-logits",
  create: ({ gamma, temperature }: LossesNkdOptions, { tf, detach }) => ({
    compute: ({ studentLogits, teacherLogits, labels }) => {
      const hot = oneHot(tf, labels, studentLogits.shape[1] ?? 0);
      const teacher = detach(teacherLogits);
      const label = tf.sum(tf.mul(tf.mul(hot, tf.softmax(teacher)), tf.logSoftmax(studentLogits)), -1); // [batch]
      const ours = otherLogProbs(tf, tf.div(studentLogits, temperature), hot); // [batch, classes]
      const theirs = tf.exp(otherLogProbs(tf, tf.div(teacher, temperature), hot));
      const others = tf.mul(tf.sum(tf.mul(theirs, ours), -1), gamma * temperature * temperature); // [batch]
      return tf.neg(tf.mean(tf.add(label, others)));
    },
  }),
});
