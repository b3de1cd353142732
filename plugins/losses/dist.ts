import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesDistOptions } from "../options.ts";
import { unit } from "./maths/unit.ts";

/**
 * Correlations in place of a divergence: T² · (β · (1 − mean ρ of rows) + γ · (1 − mean ρ of columns)), ρ the Pearson
 * correlation of the probabilities of student and teacher at temperature T.
 *
 * What is constant has no correlation and no gradient: the columns of a batch of one, the rows of a student that knows
 * nothing yet. Nothing flows to the teacher.
 *
 * Inputs: `studentLogits` and `teacherLogits` `[batch, classes]`.
 *
 * @see Huang, You, Wang, Qian, Xu (2022), arXiv:2205.10536, equations 8 to 10
 */
export const dist: ProviderOf<"losses"> = defineLoss({
  id: "dist",
  summary: "correlation with the teacher's probabilities over classes and over the batch (Huang and others 2022)",
  reference: "arXiv:2205.10536",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits"],
  outputKind: "softmax-logits",
  create: ({ beta, gamma, temperature }: LossesDistOptions, { tf, detach }) => ({
    compute: ({ studentLogits, teacherLogits }) => {
      const student = tf.softmax(tf.div(studentLogits, temperature)); // [batch, classes]
      const teacher = tf.softmax(tf.div(detach(teacherLogits), temperature));
      const rows = tf.sub(1, tf.mean(correlation(tf, student, teacher, 1)));
      const columns = tf.sub(1, tf.mean(correlation(tf, student, teacher, 0)));
      return tf.mul(tf.add(tf.mul(rows, beta), tf.mul(columns, gamma)), temperature * temperature);
    },
  }),
});

function correlation(tf: Tf, student: Tensor, teacher: Tensor, axis: number): Tensor {
  const direction = (x: Tensor): Tensor => unit(tf, tf.sub(x, tf.mean(x, axis, true)), axis);
  return tf.sum(tf.mul(direction(student), direction(teacher)), axis);
}
