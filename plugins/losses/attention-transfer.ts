import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesAttentionTransferOptions } from "../options.ts";
import { poolToSmaller } from "./maths/pool.ts";
import { places } from "./maths/rows.ts";
import { length, unit } from "./maths/unit.ts";

/**
 * Distance of attention maps q = Q / ‖Q‖, Q = Σ over channels of |f|^p, one number a place.
 *
 * `code`: mean over batch and places of (qS − qT)². `paper`: ½ ‖qS − qT‖, mean over the batch. The larger map is averaged
 * to the size of the smaller one first. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` `[batch, height, width, channels]`, sizes and channels may differ.
 *
 * @see Zagoruyko, Komodakis (2017), arXiv:1612.03928, equation 2
 */
export const attentionTransfer: ProviderOf<"losses"> = defineLoss({
  id: "attention-transfer",
  summary: "distance of attention maps (Zagoruyko and Komodakis 2017)",
  reference: "arXiv:1612.03928",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  create: ({ p, form }: LossesAttentionTransferOptions, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const [student, teacher] = poolToSmaller(tf, studentFeatures, detach(teacherFeatures));
      const difference = tf.sub(attention(tf, student, p), attention(tf, teacher, p)); // [batch, places]
      return form === "code" ? tf.mean(tf.square(difference)) : tf.mul(tf.mean(length(tf, difference)), 0.5);
    },
  }),
});

/** `[batch, places]`, each row of length one; the mean over channels has the direction of the sum. */
function attention(tf: Tf, features: Tensor, p: number): Tensor {
  const powers = p === 2 ? tf.square(features) : tf.pow(tf.abs(features), p);
  return unit(tf, tf.mean(places(tf, powers), -1));
}
