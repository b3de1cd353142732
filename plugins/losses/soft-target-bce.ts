import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesSoftTargetBceOptions } from "../options.ts";

/**
 * Binary cross-entropy to the teacher's sigmoids: T² · (softplus(s) − σ(t) s), s and t the logits over T, mean over batch
 * and classes.
 *
 * For heads whose classes are independent. It is a cross-entropy: its least value is the teacher's entropy, not zero.
 * Nothing flows to the teacher.
 *
 * Inputs: `studentLogits` and `teacherLogits` `[batch, classes]`.
 *
 * @see Hinton, Vinyals, Dean (2015), arXiv:1503.02531, §2, taken to independent classes
 */
export const softTargetBce: ProviderOf<"losses"> = defineLoss({
  id: "soft-target-bce",
  summary: "binary cross-entropy to the teacher's sigmoids, for heads of independent classes",
  reference: "arXiv:1503.02531",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits"],
  create: ({ temperature }: LossesSoftTargetBceOptions, { tf, detach }) => ({
    compute: ({ studentLogits, teacherLogits }) => {
      const student = tf.div(studentLogits, temperature); // [batch, classes]
      const targets = tf.sigmoid(tf.div(detach(teacherLogits), temperature));
      const pointwise = tf.sub(tf.softplus(student), tf.mul(targets, student));
      return tf.mul(tf.mean(pointwise), temperature * temperature);
    },
  }),
});
