import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** Keeps logarithms finite; the authors' number. */
const leastShare = 1e-7;

interface Contrasted {
  /** Embeddings of length one, `[batch, dimensions]`. */
  readonly own: Tensor;
  /** The other side's, `[samples, dimensions]`. */
  readonly bank: Variable;
  /** Rows of the bank, the own image first, `[batch, 1 + negatives]`. */
  readonly chosen: Tensor;
  readonly temperature: number;
  /** Zero before the first batch. */
  readonly z: Variable;
  readonly samples: number;
}

/** q = exp(cos / T) / Z against the own image and the negatives, `[batch, 1 + negatives]`; sets Z in the first step. */
export function likelihoods(tf: Tf, { own, bank, chosen, temperature, z, samples }: Contrasted): Tensor {
  const [batch = 0, dimensions = 0] = own.shape;
  const width = chosen.shape[1] ?? 0;
  const others = tf.reshape(tf.gather(bank, tf.reshape(chosen, [-1])), [batch, width, dimensions]);
  const cosines = tf.squeeze(tf.matMul(others, tf.expandDims(own, -1)), [-1]); // [batch, width]
  const raw = tf.exp(tf.div(cosines, temperature));
  const first = tf.mul(tf.mean(raw), samples);
  const normaliser = tf.where(tf.greater(z, 0), z, first);
  z.assign(normaliser as Scalar);
  return tf.div(raw, normaliser);
}

/** −log of the posterior that the first column is the pair and the others are noise, mean over the batch. */
export function contrast(tf: Tf, likelihood: Tensor, samples: number): Scalar {
  const [batch = 0, width = 0] = likelihood.shape;
  const noise = (width - 1) / samples;
  const positive = tf.slice(likelihood, [0, 0], [batch, 1]);
  const negative = tf.slice(likelihood, [0, 1], [batch, width - 1]);
  const paired = tf.log(tf.div(positive, tf.add(positive, noise + leastShare)));
  const apart = tf.log(tf.div(noise, tf.add(negative, noise + leastShare)));
  return tf.neg(tf.div(tf.add(tf.sum(paired), tf.sum(apart)), batch));
}
