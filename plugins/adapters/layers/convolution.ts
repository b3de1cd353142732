import type { layers } from "@tensorflow/tfjs";
import { KdflowError, type Rng, type Tf } from "../../../core/index.ts";

export interface ConvolutionRequest {
  /** Of its input, without the batch axis. */
  readonly from: readonly number[];
  readonly filters: number;
  readonly kernelSize: number;
  readonly activation?: "relu" | "linear";
  readonly rng: Rng;
}

/** A built convolution with a bias that keeps rows and columns, from normal weights with variance 2 / inputs; for vectors a dense layer. */
export function convolution(tf: Tf, request: ConvolutionRequest): layers.Layer {
  const { from, filters, kernelSize, activation = "linear", rng } = request;
  const kernelInitializer = tf.initializers.heNormal({ seed: rng.uint32() });
  const layer =
    from.length === 1
      ? tf.layers.dense({ units: filters, activation, kernelInitializer })
      : tf.layers.conv2d({ filters, kernelSize, padding: "same", activation, kernelInitializer });
  layer.build([null, ...from]);
  return layer;
}

/**
 * Holds an adapter that keeps rows and columns to features that have as many.
 *
 * @throws KDF_TRAIN_FEATURES
 */
export function assertSamePlaces(what: string, from: readonly number[], to: readonly number[]): void {
  if (from.length === to.length && from.slice(0, -1).join() === to.slice(0, -1).join()) return;
  const message = `${what} cannot bring features of ${from.join("×")} to ${to.join("×")}`;
  throw new KdflowError("KDF_TRAIN_FEATURES", message, {
    hint: [
      "choose taps of student and teacher with as many rows and columns: of equal strides where they see one size",
      "or name the adapter `resize`",
    ],
  });
}
