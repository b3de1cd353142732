import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { BatchNormOps, FusedOps } from "../layers/fused-ops.ts";
import type { NativeBackend, OpAttribute } from "./native-backend.ts";

/** The kernels that tfjs-node itself never calls, though the C library has them. */
export function fusedNativeOps(tf: Tf, backend: NativeBackend): FusedOps {
  const float = (name: string): OpAttribute => ({
    name,
    type: backend.binding.TF_ATTR_TYPE,
    value: backend.binding.TF_FLOAT,
  });
  const alphaOf = (alpha: number): OpAttribute => ({
    name: "alpha",
    type: backend.binding.TF_ATTR_FLOAT,
    value: alpha,
  });
  return {
    batchNorm: nativeBatchNorm(tf, backend, float),
    reluGradient(dy, y, maxValue) {
      return backend.executeSingleOutput(maxValue === undefined ? "ReluGrad" : "Relu6Grad", [float("T")], [dy, y]);
    },
    leakyReluGradient: (dy, x, alpha) =>
      backend.executeSingleOutput("LeakyReluGrad", [float("T"), alphaOf(alpha)], [dy, x]),
    softmaxCrossEntropy(logits, labels) {
      const outputs = backend.executeMultipleOutputs(
        "SoftmaxCrossEntropyWithLogits",
        [float("T")],
        [logits, labels],
        2,
      );
      const [losses, gradient] = outputs as [Tensor, Tensor];
      return { losses, gradient };
    },
  };
}

function nativeBatchNorm(tf: Tf, backend: NativeBackend, float: (name: string) => OpAttribute): BatchNormOps {
  const { binding } = backend;
  const attributes = (epsilon: number): OpAttribute[] => [
    float("T"),
    float("U"),
    { name: "epsilon", type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: "data_format", type: binding.TF_ATTR_STRING, value: "NHWC" },
    { name: "is_training", type: binding.TF_ATTR_BOOL, value: true },
  ];
  return {
    forward(x, gamma, beta, epsilon) {
      const none = tf.tensor1d([], "float32");
      const inputs = [asImages(tf, x), gamma, beta, none, none];
      const outputs = backend.executeMultipleOutputs("FusedBatchNormV3", attributes(epsilon), inputs, 6);
      // the batch variance that the kernel gives out is the unbiased one; the reserved outputs are for its gradient
      const [y, mean, unbiasedVariance, ...saved] = outputs as [Tensor, Tensor, Tensor, ...Tensor[]];
      return { y: tf.reshape(y, x.shape), mean, unbiasedVariance, saved };
    },
    backward(dy, x, gamma, saved, epsilon) {
      const inputs = [asImages(tf, dy), asImages(tf, x), gamma, ...saved];
      const outputs = backend.executeMultipleOutputs("FusedBatchNormGradV3", attributes(epsilon), inputs, 5);
      const [dx, dGamma, dBeta] = outputs as [Tensor, Tensor, Tensor];
      return [tf.reshape(dx, x.shape), dGamma, dBeta];
    },
  };
}

/** `[..., channels]` → `[rows, 1, 1, channels]` where `x` is not `[batch, height, width, channels]` already */
function asImages(tf: Tf, x: Tensor): Tensor {
  return x.rank === 4 ? x : tf.reshape(x, [-1, 1, 1, x.shape[x.rank - 1] ?? 1]);
}
