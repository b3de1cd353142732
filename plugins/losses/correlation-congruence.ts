import { defineLoss, type ProviderOf } from "../../core/index.ts";
import { rows } from "./maths/rows.ts";

/**
 * Mean over neighbours in the batch of Σ δ(i) δ(i + 1), δ = |fS − fT|: RepDistiller's form of correlation congruence, which
 * most published numbers come from; the paper's kernels are not in it. Zero for a batch of one.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, ...]`.
 *
 * @see Peng, Jin, Liu, Li, Wu, Liu, Zhang, Zhou (2019), arXiv:1904.01802; Tian, Krishnan, Isola (2020), arXiv:1910.10699, for the form
 */
export const correlationCongruence: ProviderOf<"losses"> = defineLoss({
  id: "correlation-congruence",
  summary: "products of the differences of neighbours in a batch (Peng and others 2019)",
  reference: "arXiv:1904.01802",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  adapts: true,
  create: (_options: object, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const differences = tf.abs(tf.sub(rows(tf, studentFeatures), rows(tf, detach(teacherFeatures))));
      const [batch = 0, features = 0] = differences.shape;
      if (batch < 2) return tf.mul(tf.sum(differences), 0);
      const before = tf.slice(differences, [0, 0], [batch - 1, features]);
      const after = tf.slice(differences, [1, 0], [batch - 1, features]);
      return tf.div(tf.sum(tf.mul(before, after)), batch - 1);
    },
  }),
});
