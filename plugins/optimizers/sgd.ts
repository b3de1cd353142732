import type { Tensor } from "@tensorflow/tfjs";
import { defineProvider, type Optimizer, type ProviderOf } from "../../core/index.ts";
import type { OptimizersSgdOptions } from "../options.ts";

/**
 * Stochastic gradient descent, as in PyTorch:
 * g ← g + weightDecay · w (only where decay applies), v ← momentum · v + g, w ← w − learningRate · v;
 * with Nesterov's look-ahead w ← w − learningRate · (g + momentum · v).
 *
 * @see Sutskever, Martens, Dahl, Hinton (2013), "On the importance of initialization and momentum in deep learning"
 */
export const sgd: ProviderOf<"optimizers"> = defineProvider<"optimizers", OptimizersSgdOptions>("optimizers", {
  id: "sgd",
  summary: "stochastic gradient descent with momentum and weight decay",
  cacheVersion: 1,
  create: ({ learningRate, momentum: baseMomentum, nesterov, weightDecay: baseDecay }, { tf }): Optimizer => ({
    learningRate,
    weightDecay: baseDecay,
    ...(baseMomentum === 0 ? { slots: [] } : { slots: ["velocity"], momentum: baseMomentum }),
    apply: ({ weight, gradient, slots, learningRate: rate, weightDecay, momentum = baseMomentum }) => {
      tf.tidy(() => {
        const decayed = weightDecay > 0 ? tf.add(gradient, tf.mul(weight, weightDecay)) : gradient;
        let direction: Tensor = decayed;
        if (slots["velocity"] !== undefined) {
          const velocity = tf.add(tf.mul(slots["velocity"], momentum), decayed);
          slots["velocity"].assign(velocity);
          direction = nesterov ? tf.add(decayed, tf.mul(velocity, momentum)) : velocity;
        }
        weight.assign(tf.sub(weight, tf.mul(direction, rate)));
      });
    },
  }),
});
