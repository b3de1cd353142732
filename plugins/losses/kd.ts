import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesKdOptions } from "../options.ts";

/**
 * Knowledge distillation on logits: T² · KL(pTeacher ‖ pStudent), p = softmax(logits / T), mean over the batch.
 *
 * T² is always in, so that the size of the gradient does not depend on the temperature. The difference of two
 * `logSoftmax` is exact where student and teacher agree, and finite for any logits. Nothing flows to the teacher.
 *
 * Inputs: `studentLogits` and `teacherLogits` `[batch, classes]`.
 *
 * @see Hinton, Vinyals, Dean (2015), arXiv:1503.02531, §2
 */
export const kd: ProviderOf<"losses"> = defineLoss({
  id: "kd",
  summary: "knowledge distillation on logits (Hinton, Vinyals, Dean 2015)",
  reference: "arXiv:1503.02531",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits"],
  outputKind: "softmax-logits",
  create: ({ temperature }: LossesKdOptions, { tf, detach }) => ({
    compute: ({ studentLogits, teacherLogits }) => {
      const studentLogProbs = tf.logSoftmax(tf.div(studentLogits, temperature)); // [batch, classes]
      const teacherLogProbs = tf.logSoftmax(tf.div(detach(teacherLogits), temperature));
      const pointwise = tf.mul(tf.exp(teacherLogProbs), tf.sub(teacherLogProbs, studentLogProbs));
      return tf.mul(tf.mean(tf.sum(pointwise, -1)), temperature * temperature);
    },
  }),
});
