import { defineProvider, type Optimizer, type ProviderOf } from "../../core/index.ts";
import type { OptimizersAdamwOptions } from "../options.ts";
import { adaptiveMoments } from "./moments/adaptive-moments.ts";

/**
 * AdamW as in PyTorch: weights decay beside the gradient, w ← w · (1 − learningRate · weightDecay) (only where decay
 * applies), and then take Adam's step.
 *
 * @see Loshchilov, Hutter (2019), arXiv:1711.05101, algorithm 2
 */
export const adamw: ProviderOf<"optimizers"> = defineProvider<"optimizers", OptimizersAdamwOptions>("optimizers", {
  id: "adamw",
  summary: "adaptive moments with decoupled weight decay (AdamW)",
  reference: "arXiv:1711.05101",
  cacheVersion: 1,
  create: (options, { tf }): Optimizer =>
    adaptiveMoments(tf, options, (update, weightDecay) => {
      const { weight, learningRate } = update;
      weight.assign(tf.mul(weight, tf.sub(1, tf.mul(learningRate, weightDecay))));
      return update;
    }),
});
