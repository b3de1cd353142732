import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import { rows } from "./maths/rows.ts";
import { unit } from "./maths/unit.ts";

/**
 * ‖GS − GT‖² / batch², G the inner products of all pairs of images, each row of G brought to length one.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` `[batch, ...]` of any two shapes.
 *
 * @see Tung, Mori (2019), arXiv:1907.09682, equations 1 to 4
 */
export const similarityPreserving: ProviderOf<"losses"> = defineLoss({
  id: "similarity-preserving",
  summary: "likeness of the images in a batch (Tung and Mori 2019)",
  reference: "arXiv:1907.09682",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  create: (_options: object, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) =>
      tf.mean(tf.squaredDifference(likeness(tf, studentFeatures), likeness(tf, detach(teacherFeatures)))),
  }),
});

/** `[batch, batch]`, each row of length one */
function likeness(tf: Tf, features: Tensor): Tensor {
  const flat = rows(tf, features);
  return unit(tf, tf.matMul(flat, flat, false, true));
}
