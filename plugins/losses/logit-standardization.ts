import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesLogitStandardizationOptions } from "../options.ts";
import { divergence } from "./maths/divergence.ts";
import { standardized } from "./maths/unit.ts";

/**
 * Knowledge distillation on standardised logits: scale · T² · KL(pTeacher ‖ pStudent), p = softmax(ẑ / T), ẑ the logits
 * of an image less their mean, over their unbiased standard deviation; mean over the batch.
 *
 * Logits that are all equal, as those of a fresh head, have no direction: they stand as zeros and get no gradient, so
 * that a term on the labels has to start the training. Nothing flows to the teacher.
 *
 * Inputs: `studentLogits` and `teacherLogits` `[batch, classes]`.
 *
 * @see Sun, Ren, Li, Wang, Cao (2024), arXiv:2403.01427, algorithm 1
 */
export const logitStandardization: ProviderOf<"losses"> = defineLoss({
  id: "logit-standardization",
  summary: "knowledge distillation on standardised logits (Sun and others 2024)",
  reference: "arXiv:2403.01427",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits"],
  outputKind: "softmax-logits",
  create: ({ temperature, scale }: LossesLogitStandardizationOptions, { tf, detach }) => ({
    compute: ({ studentLogits, teacherLogits }) => {
      const student = tf.logSoftmax(tf.div(standardized(tf, studentLogits, -1), temperature)); // [batch, classes]
      const teacher = tf.logSoftmax(tf.div(standardized(tf, detach(teacherLogits), -1), temperature));
      return tf.mul(tf.mean(divergence(tf, student, teacher)), scale * temperature * temperature);
    },
  }),
});
