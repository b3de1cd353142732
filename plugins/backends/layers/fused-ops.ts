import type { Tensor } from "@tensorflow/tfjs";

/** Batch normalisation of `x` `[rows, channels]` (any leading axes) by the batch's own statistics. */
export interface BatchNormForward {
  /** γ·(x − mean)/√(variance + ε) + β, with the biased variance; the shape of `x` */
  readonly y: Tensor;
  /** `[channels]` */
  readonly mean: Tensor;
  /** Σ(x − mean)²/(rows − 1), `[channels]`: what the running average takes in */
  readonly unbiasedVariance: Tensor;
  /** What `backward` wants back besides `x` and γ. */
  readonly saved: readonly Tensor[];
}

export interface BatchNormOps {
  forward(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): BatchNormForward;
  /** Gradients of x, γ and β. */
  backward(dy: Tensor, x: Tensor, gamma: Tensor, saved: readonly Tensor[], epsilon: number): [Tensor, Tensor, Tensor];
}

/**
 * What a backend can do in one kernel where plain TensorFlow.js takes many. Each is optional: without it the portable
 * form of the same arithmetic is used. All tensors are float32; the caller runs them inside a tidy.
 */
export interface FusedOps {
  /** The channels are the last axis. */
  readonly batchNorm?: BatchNormOps;
  /** dy where 0 < y < maxValue, else 0; `y` is the activation's output and `maxValue` is 6 or `undefined` (no bound). */
  readonly reluGradient?: (dy: Tensor, y: Tensor, maxValue: number | undefined) => Tensor;
  /** dy where x > 0, else alpha·dy. */
  readonly leakyReluGradient?: (dy: Tensor, x: Tensor, alpha: number) => Tensor;
  /**
   * −Σ labels·logSoftmax(logits) per row, `[batch]`, and its gradient by the logits, `[batch, classes]`, for labels
   * whose rows sum to one.
   */
  readonly softmaxCrossEntropy?: (logits: Tensor, labels: Tensor) => { losses: Tensor; gradient: Tensor };
}
