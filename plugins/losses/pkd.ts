import { defineLoss, type ProviderOf } from "../../core/index.ts";
import { places } from "./maths/rows.ts";
import { standardized } from "./maths/unit.ts";

/**
 * ½ mean (f̂S − f̂T)², f̂ the features less the mean of their channel over batch and places, over its unbiased standard
 * deviation; up to a factor (n − 1) / n that is one less the Pearson correlation. Constant channels get no gradient, and
 * so does all of a single image's vector. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, height, width, channels]` or `[batch, channels]`.
 *
 * @see Cao, Zhang, Gao, Cheng, Cheng, Jiang, Liu (2022), arXiv:2207.02039, equations 3 and 4
 */
export const pkd: ProviderOf<"losses"> = defineLoss({
  id: "pkd",
  summary: "features standardised and compared channel by channel, by Pearson correlation (Cao and others 2022)",
  reference: "arXiv:2207.02039",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  adapts: true,
  create: (_options: object, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const student = standardized(tf, places(tf, studentFeatures), [0, 1]);
      const teacher = standardized(tf, places(tf, detach(teacherFeatures)), [0, 1]);
      return tf.div(tf.mean(tf.squaredDifference(student, teacher)), 2);
    },
  }),
});
