import { defineLoss, type ProviderOf } from "../../core/index.ts";
import { unit } from "./maths/unit.ts";

/**
 * 1 − cos(fS, fT) over channels, mean over batch and places. Features of length zero have cosine zero and no gradient.
 * Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, height, width, channels]` or `[batch, channels]`.
 *
 * @see Sanh, Debut, Chaumond, Wolf (2019), "DistilBERT", arXiv:1910.01108, §3, for the term on hidden states
 */
export const cosine: ProviderOf<"losses"> = defineLoss({
  id: "cosine",
  summary: "cosine to the teacher's features, place by place (Sanh and others 2019)",
  reference: "arXiv:1910.01108",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  adapts: true,
  create: (_options: object, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const products = tf.mul(unit(tf, studentFeatures), unit(tf, detach(teacherFeatures)));
      return tf.sub(1, tf.mean(tf.sum(products, -1)));
    },
  }),
});
