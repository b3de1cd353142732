import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesRkdOptions } from "../options.ts";
import { rows } from "./maths/rows.ts";
import { length, unit } from "./maths/unit.ts";

/**
 * Relational knowledge distillation: distanceWeight · mean ℓ(dS − dT) + angleWeight · mean ℓ(aS − aT), ℓ(x) = ½ x² for
 * |x| < 1, else |x| − ½.
 *
 * d are the distances of all pairs of images, over their mean; a the cosines of the angles of all triples. Images that
 * are the same have distance and angle zero, without a gradient. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` `[batch, ...]` of any two shapes; a difference of each pair is kept.
 *
 * @see Park, Kim, Lu, Cho (2019), arXiv:1904.05068, equations 5 to 10
 */
export const rkd: ProviderOf<"losses"> = defineLoss({
  id: "rkd",
  summary: "distances and angles between the images in a batch (Park and others 2019)",
  reference: "arXiv:1904.05068",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  create: ({ distanceWeight, angleWeight }: LossesRkdOptions, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const [student, teacher] = [pairs(tf, studentFeatures), pairs(tf, detach(teacherFeatures))];
      const distance = smoothL1(tf, tf.sub(distances(tf, student), distances(tf, teacher)));
      if (angleWeight === 0) return tf.mul(distance, distanceWeight);
      const angle = smoothL1(tf, tf.sub(angles(tf, student), angles(tf, teacher)));
      return tf.add(tf.mul(distance, distanceWeight), tf.mul(angle, angleWeight));
    },
  }),
});

/** The difference of each image to each other, `[batch, batch, features]`. */
function pairs(tf: Tf, features: Tensor): Tensor {
  const flat = rows(tf, features);
  return tf.sub(tf.expandDims(flat, 0), tf.expandDims(flat, 1));
}

/** Over the mean of those that are not zero, `[batch, batch]`. */
function distances(tf: Tf, differences: Tensor): Tensor {
  const all = length(tf, differences);
  const count = tf.maximum(tf.sum(tf.step(all)), 1);
  const mean = tf.div(tf.sum(all), count);
  return tf.div(all, tf.where(tf.greater(mean, 0), mean, tf.onesLike(mean)));
}

/** The cosine of the angle at i between j and k, `[batch, batch, batch]`. */
function angles(tf: Tf, differences: Tensor): Tensor {
  const directions = unit(tf, differences);
  return tf.matMul(directions, directions, false, true);
}

/** ½ m² + (|x| − m), m = min(|x|, 1); mean over all */
function smoothL1<Rank extends Tensor>(tf: Tf, x: Rank): ReturnType<typeof tf.scalar> {
  const size = tf.abs(x);
  const inner = tf.minimum(size, 1);
  return tf.mean(tf.add(tf.mul(tf.square(inner), 0.5), tf.sub(size, inner)));
}
