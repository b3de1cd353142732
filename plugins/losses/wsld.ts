import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesWsldOptions } from "../options.ts";
import { oneHot } from "./maths/label-logits.ts";

/** Keeps a teacher that is sure of the label from dividing by zero. */
const leastEntropy = 1e-7;

/**
 * Weighted soft labels: T² · w · (−Σ pT log pS) at temperature T, w = 1 − exp(−CE(student) / CE(teacher)), both to the
 * label at temperature one; mean over the batch. The weight is a constant: no gradient flows through it.
 *
 * Inputs: `studentLogits` and `teacherLogits` `[batch, classes]`, `labels` `[batch]` int32.
 *
 * @see Zhou, Song, Chen, Zhou, Wang, Yuan, Zhang (2021), arXiv:2102.00650, equation 14
 */
export const wsld: ProviderOf<"losses"> = defineLoss({
  id: "wsld",
  summary: "soft labels weighed by how far the student is behind the teacher (Zhou and others 2021)",
  reference: "arXiv:2102.00650",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits", "labels"],
  outputKind: "softmax-logits",
  create: ({ temperature }: LossesWsldOptions, { tf, detach }) => ({
    targets({ studentLogits, teacherLogits, labels }) {
      const hot = oneHot(tf, labels, studentLogits.shape[1] ?? 0);
      const [student, teacher] = [studentLogits, teacherLogits].map((logits) =>
        tf.neg(tf.sum(tf.mul(hot, tf.logSoftmax(logits)), -1)),
      ) as [typeof hot, typeof hot]; // [batch]
      return { shares: tf.sub(1, tf.exp(tf.neg(tf.div(student, tf.add(teacher, leastEntropy))))) };
    },
    compute: ({ studentLogits, teacherLogits, shares }) => {
      const student = tf.logSoftmax(tf.div(studentLogits, temperature)); // [batch, classes]
      const teacher = tf.softmax(tf.div(detach(teacherLogits), temperature));
      const rows = tf.neg(tf.sum(tf.mul(teacher, student), -1)); // [batch]
      return tf.mul(tf.mean(tf.mul(rows, shares)), temperature * temperature);
    },
  }),
});
