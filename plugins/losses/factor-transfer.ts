import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesFactorTransferOptions } from "../options.ts";
import { poolToSmaller } from "./maths/pool.ts";
import { places } from "./maths/rows.ts";
import { unit } from "./maths/unit.ts";

/**
 * Mean over batch and places of |qS − qT|^p2, q = Q / ‖Q‖, Q the mean over channels of f^p1. The larger map is averaged to
 * the size of the smaller one first. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` `[batch, height, width, channels]`, sizes and channels may differ.
 *
 * @see Kim, Park, Kwak (2018), arXiv:1802.04977, equation 4; without its trained paraphraser and translator
 */
export const factorTransfer: ProviderOf<"losses"> = defineLoss({
  id: "factor-transfer",
  summary: "distance of normalised factors (Kim and others 2018)",
  reference: "arXiv:1802.04977",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  create: ({ p1, p2 }: LossesFactorTransferOptions, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const [student, teacher] = poolToSmaller(tf, studentFeatures, detach(teacherFeatures));
      const size = tf.abs(tf.sub(factors(tf, student, p1), factors(tf, teacher, p1))); // [batch, places]
      return tf.mean(p2 === 1 ? size : tf.pow(size, p2));
    },
  }),
});

/** `[batch, places]`, each row of length one */
function factors(tf: Tf, features: Tensor, power: number): Tensor {
  const powers = power === 2 ? tf.square(features) : tf.pow(features, power);
  return unit(tf, tf.mean(places(tf, powers), -1));
}
