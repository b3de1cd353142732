import type { Tf } from "../../../core/index.ts";
import { leakyReluFactory, reluFactory } from "./activations.ts";
import { batchNormalizationFactory } from "./batch-normalization.ts";
import type { FusedOps } from "./fused-ops.ts";
import { softmaxCrossEntropyOf } from "./softmax-cross-entropy.ts";
import { registerZeroGradients } from "./zero-gradients.ts";

/**
 * The `tf` that a backend hands out: a frozen copy of the TensorFlow.js namespace in which batch norm trains as in
 * PyTorch, comparisons have zero gradients, and four functions use the backend's fused kernels. What these layers
 * write to files is stock.
 *
 * @param tf the namespace of the copy of TensorFlow.js that the backend runs on; its backend is set
 */
export function createNamespace(tf: Tf, fused: FusedOps): Tf {
  registerZeroGradients(tf);
  return Object.freeze({
    ...tf,
    layers: Object.freeze({
      ...tf.layers,
      batchNormalization: batchNormalizationFactory(tf, fused),
      reLU: reluFactory(tf, fused),
      leakyReLU: leakyReluFactory(tf, fused),
    }),
    losses: Object.freeze({ ...tf.losses, softmaxCrossEntropy: softmaxCrossEntropyOf(tf, fused) }),
  });
}
