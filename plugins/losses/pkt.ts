import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import { rows } from "./maths/rows.ts";
import { unit } from "./maths/unit.ts";

/** Keeps opposite images from a logarithm of zero; the authors' number. */
const leastProb = 1e-7;

/**
 * Probabilistic knowledge transfer: mean over all pairs of t · log(t / s), s and t the likenesses (1 + cosine) / 2 of the
 * images in a batch, each row brought to a sum of one.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` `[batch, ...]` of any two shapes.
 *
 * @see Passalis, Tefas (2018), arXiv:1803.10837, equations 5 to 8
 */
export const pkt: ProviderOf<"losses"> = defineLoss({
  id: "pkt",
  summary: "divergence of the likenesses in a batch (Passalis and Tefas 2018)",
  reference: "arXiv:1803.10837",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  create: (_options: object, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const [student, teacher] = [likeness(tf, studentFeatures), likeness(tf, detach(teacherFeatures))];
      const ratio = tf.div(tf.add(teacher, leastProb), tf.add(student, leastProb));
      return tf.mean(tf.mul(teacher, tf.log(ratio)));
    },
  }),
});

/** `[batch, batch]`, each row's sum is one */
function likeness(tf: Tf, features: Tensor): Tensor {
  const directions = unit(tf, rows(tf, features));
  const likenesses = tf.div(tf.add(tf.matMul(directions, directions, false, true), 1), 2);
  return tf.div(likenesses, tf.sum(likenesses, 1, true));
}
