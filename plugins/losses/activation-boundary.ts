import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesActivationBoundaryOptions } from "../options.ts";

/** The factor of the authors, which brings the sum over all neurons near the size of a cross-entropy. */
const factor = 3 / 1000;

/**
 * 0.003 · Σ relu(s + μ)² where the teacher's neuron is at rest (t ≤ 0), relu(μ − s)² where it fires; sum over neurons,
 * mean over the batch, μ half the margin. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, ...]`, before the activation.
 *
 * @see Heo, Lee, Yun, Choi (2019), arXiv:1811.03233, equation 4
 */
export const activationBoundary: ProviderOf<"losses"> = defineLoss({
  id: "activation-boundary",
  summary: "which neurons fire, by a margin (Heo and others 2019)",
  reference: "arXiv:1811.03233",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  adapts: true,
  create: ({ margin }: LossesActivationBoundaryOptions, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const fires = tf.step(detach(teacherFeatures));
      const sides = tf.sub(1, tf.mul(fires, 2)); // −1 where it fires, else 1
      const short = tf.relu(tf.add(tf.mul(studentFeatures, sides), margin / 2));
      return tf.mul(tf.sum(tf.square(short)), factor / (studentFeatures.shape[0] ?? 1));
    },
  }),
});
