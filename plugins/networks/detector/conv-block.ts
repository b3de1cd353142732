import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Activate, Tf } from "../../../core/index.ts";
import { applyLayer } from "../../backbones/parts/apply-layer.ts";
import { pad } from "../../backbones/parts/conv-norm.ts";

export { applyLayer };

/** Those of YOLOv7; a share of 0.97 is kept of the running averages, PyTorch's momentum of 0.03. */
const batchNormOptions = { epsilon: 1e-3, momentum: 0.97 } as const;

export interface ConvBlockOptions {
  /** Prefix of the layers' names, unique in the model. */
  readonly name: string;
  readonly kernelSize: number;
  /** Output channels; left out for a depthwise convolution, which keeps them. */
  readonly filters?: number;
  /** 1 or 2; 1 unless given. */
  readonly stride?: number;
}

/**
 * Adds a convolution without bias, its batch norm and the activation, with (kernel − 1) / 2 zeros on every side.
 *
 * @param input `[batch, height, width, channels]`
 * @returns `[batch, height / stride, width / stride, filters]`
 */
export function convBlock(
  tf: Tf,
  input: SymbolicTensor,
  activate: Activate,
  { name, kernelSize, filters, stride = 1 }: ConvBlockOptions,
): SymbolicTensor {
  const padded = stride > 1 ? pad(tf, input, `${name}/pad`) : input;
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
  return activate(applyLayer(norm, applyLayer(convolution, padded)), `${name}/act`);
}

/** Joins feature maps by their channels. */
export function concat(tf: Tf, parts: SymbolicTensor[], name: string): SymbolicTensor {
  return applyLayer(tf.layers.concatenate({ name, axis: -1 }), parts);
}

/** Doubles rows and columns by repeating them. */
export function double(tf: Tf, input: SymbolicTensor, name: string): SymbolicTensor {
  return applyLayer(tf.layers.upSampling2d({ name, size: [2, 2] }), input);
}
