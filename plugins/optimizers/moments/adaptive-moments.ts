import type { Scalar, Variable } from "@tensorflow/tfjs";
import type { Optimizer, Tf, WeightUpdate } from "../../../core/index.ts";

export interface MomentOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** An update without its weight decay. */
export type MomentUpdate = Omit<WeightUpdate, "weightDecay">;

/** Lets a weight decay by its own rule, above 0: changes it, or gives another gradient for the update that follows. */
export type DecayRule = (update: MomentUpdate, weightDecay: number) => MomentUpdate;

/**
 * What Adam and AdamW share: all but how weights decay. Adam's update, with g the gradient and t the number of the update:
 * m ← m + (1 − β₁)·(g − m), v ← v + (1 − β₂)·(g² − v),
 * w ← w − learningRate · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ).
 *
 * As PyTorch does, ε stands outside the root of the corrected moment. It is computed as
 * w ← w − m·(learningRate·c/(1 − β₁ᵗ)) / (√v + ε·c) with c = √(1 − β₂ᵗ): the same number, in the form of TensorFlow's
 * fused operation. The corrections come from the host in float64; 1 − 0.999 taken in float32 is wrong in its fifth digit.
 *
 * @see Kingma, Ba (2015), arXiv:1412.6980, algorithm 1
 */
export function adaptiveMoments(tf: Tf, options: MomentOptions, decay: DecayRule): Optimizer {
  const { learningRate, epsilon, weightDecay: baseDecay } = options;
  // as float32 knows them: moments and corrections then use the same numbers
  const beta1 = Math.fround(options.beta1);
  const beta2 = Math.fround(options.beta2);
  const move = ({ weight, gradient, slots, learningRate: rate, scalars }: MomentUpdate): void => {
    const { firstMoment, secondMoment } = slots as Record<"firstMoment" | "secondMoment", Variable>;
    const { stepFactor, epsilon: scaledEpsilon } = scalars as Record<"stepFactor" | "epsilon", Scalar>;
    const first = tf.add(firstMoment, tf.mul(tf.sub(gradient, firstMoment), 1 - beta1));
    const second = tf.add(secondMoment, tf.mul(tf.sub(tf.square(gradient), secondMoment), 1 - beta2));
    firstMoment.assign(first);
    secondMoment.assign(second);
    const step = tf.div(tf.mul(first, tf.mul(rate, stepFactor)), tf.add(tf.sqrt(second), scaledEpsilon));
    weight.assign(tf.sub(weight, step));
  };
  return {
    learningRate,
    weightDecay: baseDecay,
    slots: ["firstMoment", "secondMoment"],
    scalars(update) {
      const root = Math.sqrt(1 - beta2 ** update);
      return { stepFactor: root / (1 - beta1 ** update), epsilon: epsilon * root };
    },
    apply: ({ weightDecay, ...update }) => {
      tf.tidy(() => move(weightDecay > 0 ? decay(update, weightDecay) : update));
    },
  };
}
