import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesDkdOptions } from "../options.ts";
import { divergence } from "./maths/divergence.ts";
import { labelAgainstRest, oneHot, otherLogProbs } from "./maths/label-logits.ts";

/**
 * Decoupled knowledge distillation: T² · (α · TCKD + β · NCKD), mean over the batch.
 *
 * TCKD = KL(bT ‖ bS), b = (p of the label, p of all others together); NCKD = KL(p̂T ‖ p̂S), p̂ = softmax over the other
 * classes alone; all at temperature T. Nothing flows to the teacher.
 *
 * Inputs: `studentLogits` and `teacherLogits` `[batch, classes]`, `labels` `[batch]` int32.
 *
 * @see Zhao, Cui, Song, Qiu, Liang (2022), arXiv:2203.08679, equations 6 and 7
 */
export const dkd: ProviderOf<"losses"> = defineLoss({
  id: "dkd",
  summary: "decoupled knowledge distillation on logits and labels (Zhao and others 2022)",
  reference: "arXiv:2203.08679",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits", "labels"],
  outputKind: "softmax-logits",
  create: ({ alpha, beta, temperature }: LossesDkdOptions, { tf, detach }) => ({
    compute: ({ studentLogits, teacherLogits, labels }) => {
      const hot = oneHot(tf, labels, studentLogits.shape[1] ?? 0);
      const student = tf.div(studentLogits, temperature);
      const teacher = tf.div(detach(teacherLogits), temperature);
      const [ours, theirs] = [labelAgainstRest(tf, student, hot), labelAgainstRest(tf, teacher, hot)];
      const target = tf.add(
        tf.mul(tf.exp(theirs.label), tf.sub(theirs.label, ours.label)),
        tf.mul(tf.exp(theirs.rest), tf.sub(theirs.rest, ours.rest)),
      ); // [batch]
      const others = divergence(tf, otherLogProbs(tf, student, hot), otherLogProbs(tf, teacher, hot)); // [batch]
      return tf.mul(tf.mean(tf.add(tf.mul(target, alpha), tf.mul(others, beta))), temperature * temperature);
    },
  }),
});
