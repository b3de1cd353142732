import { defineProvider, type Optimizer, type ProviderOf } from "../../core/index.ts";
import type { OptimizersAdamOptions } from "../options.ts";
import { adaptiveMoments } from "./moments/adaptive-moments.ts";

/**
 * Adam as in PyTorch; weight decay is a part of the gradient, g ← g + weightDecay · w (only where decay applies), and
 * so of the moments.
 *
 * @see Kingma, Ba (2015), arXiv:1412.6980
 */
export const adam: ProviderOf<"optimizers"> = defineProvider<"optimizers", OptimizersAdamOptions>("optimizers", {
  id: "adam",
  summary: "adaptive moments (Adam), with weight decay in the gradient",
  reference: "arXiv:1412.6980",
  cacheVersion: 1,
  create: (options, { tf }): Optimizer =>
    adaptiveMoments(tf, options, ({ gradient, weight, ...update }, weightDecay) => ({
      ...update,
      weight,
      gradient: tf.add(gradient, tf.mul(weight, weightDecay)),
    })),
});
