import type { Tensor, layers as tfLayers } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf } from "../../core/index.ts";
import type { LossesVidOptions } from "../options.ts";
import { channelScale } from "./maths/channel-scale.ts";
import { poolToSmaller } from "./maths/pool.ts";

/** The least variance, so that its logarithm and its inverse stay finite; the authors' number. */
const leastVariance = 1e-5;

/**
 * Variational information distillation: ½ mean ((μ − fT)² / σ² + log σ²), μ what a trained network makes of the student's
 * features: three 1×1 convolutions with relus between. σ² = softplus(a) + 1e-5, a trained for each channel. The larger
 * map is averaged to the size of the smaller one first. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` `[batch, height, width, channels]` or both `[batch, channels]`.
 *
 * @see Ahn, Hu, Damianou, Lawrence, Dai (2019), arXiv:1904.05835, equations 5 and 6
 */
export const vid: ProviderOf<"losses"> = defineLoss({
  id: "vid",
  summary: "likelihood of the teacher's features, told from the student's (Ahn and others 2019)",
  reference: "arXiv:1904.05835",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  create: ({ variance }: LossesVidOptions, { tf, detach }) => ({
    layers(shapes, rng) {
      const { studentFeatures: from = [], teacherFeatures: to = [] } = shapes;
      const channels = to.at(-1) ?? 1;
      const dense = (inputs: number, activation: "relu" | "linear"): tfLayers.Layer => {
        const kernelInitializer = tf.initializers.heNormal({ seed: rng.uint32() });
        // on the last axis a dense layer is a 1×1 convolution
        const layer = tf.layers.dense({ units: channels, activation, kernelInitializer });
        layer.build([null, inputs]);
        return layer;
      };
      return {
        first: dense(from.at(-1) ?? 1, "relu"),
        second: dense(channels, "relu"),
        mean: dense(channels, "linear"),
        scale: channelScale(tf, channels, Math.log(Math.expm1(variance - leastVariance))),
      };
    },
    compute({ studentFeatures, teacherFeatures }, _scalars, { layers: { first, second, mean, scale } }) {
      const [student, teacher] = poolToSmaller(tf, studentFeatures, detach(teacherFeatures));
      let mu = tf.reshape(student, [-1, student.shape.at(-1) ?? 1]); // [batch · places, channels]
      for (const layer of [first, second, mean]) mu = layer?.apply(mu, { training: true }) as typeof mu;
      const spread = tf.add(tf.softplus(scale?.apply(mu) as Tensor), leastVariance); // [channels]
      const squares = tf.squaredDifference(mu, tf.reshape(teacher, mu.shape as [number, number]));
      return tf.mul(tf.mean(tf.add(tf.div(squares, spread), tf.log(spread))), 0.5);
    },
  }),
});
