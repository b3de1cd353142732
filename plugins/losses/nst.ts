import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import { poolToSmaller } from "./maths/pool.ts";
import { places } from "./maths/rows.ts";
import { unit } from "./maths/unit.ts";

/**
 * Neuron selectivity transfer: mean k(t, t) + mean k(s, s) − 2 mean k(s, t), k(a, b) = (a · b)², over all pairs of
 * channels of an image; s and t are the maps of single channels, of length one. Mean over the batch; nothing flows to
 * the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` `[batch, height, width, channels]`, sizes and channels may differ.
 *
 * @see Huang, Wang (2017), arXiv:1707.01219, equations 4 to 6
 */
export const nst: ProviderOf<"losses"> = defineLoss({
  id: "nst",
  summary: "patterns of single channels, by maximum mean discrepancy (Huang and Wang 2017)",
  reference: "arXiv:1707.01219",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  create: (_options: object, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const maps = poolToSmaller(tf, studentFeatures, detach(teacherFeatures));
      const [student, teacher] = [unit(tf, places(tf, maps[0]), 1), unit(tf, places(tf, maps[1]), 1)];
      const own = tf.add(kernel(tf, teacher, teacher), kernel(tf, student, student));
      return tf.sub(own, tf.mul(kernel(tf, student, teacher), 2));
    },
  }),
});

/** @param a `[batch, places, channels]`, as `b` but for the number of channels */
function kernel(tf: Tf, a: Tensor, b: Tensor): ReturnType<typeof tf.scalar> {
  return tf.mean(tf.square(tf.matMul(a, b, true, false)));
}
