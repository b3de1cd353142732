import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import { KdflowError, type Tf } from "../../core/index.ts";

type Layer = LayersModel["layers"][number];

/** PyTorch's values; its momentum of 0.1 is the share of the new statistics, ours that of the old. */
const batchNormOptions = { epsilon: 1e-5, momentum: 0.9 } as const;

export interface ConvNormOptions {
  /** Prefix of the layers' names, unique in the model. */
  readonly name: string;
  readonly kernelSize: 1 | 3;
  readonly stride?: number;
  /** Output channels; left out for a depthwise convolution, which keeps them. */
  readonly filters?: number;
}

/** Applies a layer to symbolic inputs, `[batch, ...]` → `[batch, ...]`. */
export function applyLayer(layer: Layer, input: SymbolicTensor | SymbolicTensor[]): SymbolicTensor {
  const output = layer.apply(input);
  if (Array.isArray(output) || !("sourceLayer" in output)) {
    throw new KdflowError("KDF_INTERNAL", `layer "${layer.name}" does not have one symbolic output`);
  }
  return output;
}

/**
 * Adds a convolution without bias and its batch norm, with PyTorch's padding of (kernel − 1) / 2 on every side.
 *
 * A stride above 1 pads explicitly: `same` padding would put all of it on the right and bottom edges of even sizes.
 * Kernels start at zero; the network fills them (`initial-weights.ts`).
 *
 * @param input `[batch, height, width, channels]`
 * @returns `[batch, ceil(height / stride), ceil(width / stride), filters]`
 */
export function convNorm(tf: Tf, input: SymbolicTensor, options: ConvNormOptions): SymbolicTensor {
  const { name, kernelSize, filters, stride = 1 } = options;
  const padded = kernelSize > 1 && stride > 1 ? pad(tf, input, `${name}/pad`) : input;
  const shared = {
    name: `${name}/conv`,
    kernelSize,
    strides: stride,
    padding: padded === input ? ("same" as const) : ("valid" as const),
    useBias: false,
  };
  const convolution =
    filters === undefined
      ? tf.layers.depthwiseConv2d({ ...shared, depthwiseInitializer: "zeros" })
      : tf.layers.conv2d({ ...shared, filters, kernelInitializer: "zeros" });
  const norm = tf.layers.batchNormalization({ name: `${name}/norm`, ...batchNormOptions });
  return applyLayer(norm, applyLayer(convolution, padded));
}

/** Adds one row and column of zeros on every side. */
export function pad(tf: Tf, input: SymbolicTensor, name: string): SymbolicTensor {
  return applyLayer(tf.layers.zeroPadding2d({ name, padding: 1 }), input);
}

/** Adds a ReLU, or ReLU6 with `maxValue: 6`. */
export function relu(tf: Tf, input: SymbolicTensor, name: string, maxValue?: number): SymbolicTensor {
  return applyLayer(tf.layers.reLU(maxValue === undefined ? { name } : { name, maxValue }), input);
}
