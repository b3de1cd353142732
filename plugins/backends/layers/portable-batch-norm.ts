import type { Tensor, Tensor2D } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import type { BatchNormOps } from "./fused-ops.ts";

/** Batch normalisation in plain TensorFlow.js operations, for backends without a kernel of their own. */
export function portableBatchNorm(tf: Tf): BatchNormOps {
  return {
    forward(x, gamma, beta, epsilon) {
      const rows = asRows(tf, x);
      const { mean, variance } = tf.moments(rows, 0);
      const count = rows.shape[0];
      const unbiasedVariance = tf.mul(variance, count / Math.max(1, count - 1));
      const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
      const normalized = tf.mul(tf.sub(rows, mean), inverseDeviation);
      const y = tf.reshape(tf.add(tf.mul(normalized, gamma), beta), x.shape);
      return { y, mean, unbiasedVariance, saved: [mean, inverseDeviation] };
    },
    // Ioffe & Szegedy 2015 (arXiv:1502.03167) §3, gathered by what each element needs
    backward(dy, x, gamma, [mean, inverseDeviation], _epsilon) {
      const rows = asRows(tf, x);
      const dyRows = asRows(tf, dy);
      const normalized = tf.mul(tf.sub(rows, mean as Tensor), inverseDeviation as Tensor);
      const dBeta = tf.sum(dyRows, 0);
      const dGamma = tf.sum(tf.mul(dyRows, normalized), 0);
      const count = rows.shape[0];
      const shared = tf.add(tf.div(dBeta, count), tf.mul(normalized, tf.div(dGamma, count)));
      const dx = tf.mul(tf.sub(dyRows, shared), tf.mul(gamma, inverseDeviation as Tensor));
      return [tf.reshape(dx, x.shape), dGamma, dBeta];
    },
  };
}

/** `[..., channels]` → `[rows, channels]` */
function asRows(tf: Tf, x: Tensor): Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1] ?? 1]);
}
