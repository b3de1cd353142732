import type { Tensor, layers as tfLayers } from "@tensorflow/tfjs";
import { defineLoss, type LossShapes, type ProviderOf } from "../../core/index.ts";
import type { LossesMgdOptions } from "../options.ts";

/**
 * Masked generative distillation: α · Σ (G(m fS) − fT)² over places and channels, mean over the batch. m hides each place
 * with probability `maskRatio`, anew in every step; G is a 3×3 convolution, a relu and a 3×3 convolution, trained beside
 * the student. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, height, width, channels]`.
 *
 * @see Yang, Li, Shao, Shi, Yuan, Yuan (2022), arXiv:2205.01529, equations 4 to 6
 */
export const mgd: ProviderOf<"losses"> = defineLoss({
  id: "mgd",
  summary: "the teacher's features, regained from the student's with hidden places (Yang and others 2022)",
  reference: "arXiv:2205.01529",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  adapts: true,
  create({ alpha, maskRatio }: LossesMgdOptions, { tf, detach }) {
    let places = 0;
    return {
      prepared(shapes: LossShapes) {
        const [height = 1, width = 1] = shapes["studentFeatures"] ?? [];
        places = height * width;
        return { mask: { shape: [height, width, 1], dtype: "float32" as const } };
      },
      prepare: ({ size }, rng) => ({
        mask: Float32Array.from({ length: size * places }, () => (rng.uniform() < maskRatio ? 0 : 1)),
      }),
      layers(shapes, rng) {
        const shape = shapes["studentFeatures"] ?? [];
        const convolution = (activation: "relu" | "linear"): tfLayers.Layer => {
          const kernelInitializer = tf.initializers.heNormal({ seed: rng.uint32() });
          const filters = shape.at(-1) ?? 1;
          const layer = tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", activation, kernelInitializer });
          layer.build([null, ...shape]);
          return layer;
        };
        return { first: convolution("relu"), second: convolution("linear") };
      },
      compute({ studentFeatures, teacherFeatures, mask }, _scalars, { layers: { first, second } }) {
        const hidden = first?.apply(tf.mul(studentFeatures, mask), { training: true }) as Tensor;
        const regained = second?.apply(hidden, { training: true }) as Tensor;
        const sum = tf.sum(tf.squaredDifference(regained, detach(teacherFeatures)));
        return tf.mul(sum, alpha / (studentFeatures.shape[0] ?? 1));
      },
    };
  },
});
