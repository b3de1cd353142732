import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { type Activation, activate } from "./activation.ts";
import { applyLayer, channelsOf } from "./apply-layer.ts";
import { cropChannels } from "./channels.ts";
import type { Result } from "./stages.ts";

/** PyTorch's values; its momentum of 0.1 is the share of the new statistics, ours that of the old. */
const batchNormOptions = { epsilon: 1e-5, momentum: 0.9 } as const;

export interface ConvOptions {
  /** Prefix of the layers' names, unique in the model. */
  readonly name: string;
  readonly kernelSize: 1 | 3 | 5 | 7;
  readonly stride?: number;
  /** Output channels; left out for a depthwise convolution, which keeps them. */
  readonly filters?: number;
  /** Convolutions side by side, each on its share of the channels; 1 unless given. */
  readonly groups?: number;
  readonly bias?: boolean;
  /**
   * How an odd kernel with a stride is padded: `symmetric` as in PyTorch, unless given; `same` as in TensorFlow, with
   * what is odd at the right and bottom edges.
   */
  readonly padding?: "symmetric" | "same";
}

export interface NormOptions {
  /** What is added to the variance; 1e-5 unless given. */
  readonly epsilon?: number;
  /** Weight of the old running averages; 0.9 unless given. */
  readonly momentum?: number;
}

export type ConvNormOptions = ConvOptions & { readonly norm?: NormOptions };

/**
 * Adds a convolution without bias and its batch norm, with PyTorch's padding of (kernel − 1) / 2 on every side.
 *
 * A stride above 1 pads explicitly: `same` padding would put all of it on the right and bottom edges of even sizes.
 * Kernels start at zero; the network fills them (`initial-weights.ts`).
 *
 * @param input `[batch, height, width, channels]`
 * @returns `[batch, ceil(height / stride), ceil(width / stride), filters]`
 */
export function convNorm(tf: Tf, input: SymbolicTensor, { norm, ...options }: ConvNormOptions): SymbolicTensor {
  return normalize(tf, conv(tf, input, options), options.name, norm);
}

export type ConvBlockOptions = ConvNormOptions & { readonly activation: Activation };

/** A convolution, its batch norm and an activation: what most blocks are made of. */
export function convBlock(tf: Tf, input: SymbolicTensor, options: ConvBlockOptions): SymbolicTensor {
  return convResult(tf, input, options).output;
}

/** As {@link convBlock}, with what comes before the activation. */
export function convResult(tf: Tf, input: SymbolicTensor, { activation, ...options }: ConvBlockOptions): Result {
  const pre = convNorm(tf, input, options);
  return { pre, output: activate(tf, pre, activation, options.name) };
}

/** Adds a batch norm, as the layer `<name>/norm`. */
export function normalize(tf: Tf, input: SymbolicTensor, name: string, norm: NormOptions = {}): SymbolicTensor {
  return applyLayer(tf.layers.batchNormalization({ name: `${name}/norm`, ...batchNormOptions, ...norm }), input);
}

/** Adds a convolution alone, as the layer `<name>/conv`; grouped ones are `<name>/group1/conv` and so on. */
export function conv(tf: Tf, input: SymbolicTensor, options: ConvOptions): SymbolicTensor {
  const { name, kernelSize, filters, stride = 1, groups = 1, bias = false, padding = "symmetric" } = options;
  if (groups > 1 && filters !== undefined) return groupedConv(tf, input, { ...options, filters, groups });
  const explicit = kernelSize > 1 && stride > 1 && padding === "symmetric";
  const padded = explicit ? pad(tf, input, `${name}/pad`, (kernelSize - 1) / 2) : input;
  const shared = {
    name: `${name}/conv`,
    kernelSize,
    strides: stride,
    padding: explicit ? ("valid" as const) : ("same" as const),
    useBias: bias,
  };
  const convolution =
    filters === undefined
      ? tf.layers.depthwiseConv2d({ ...shared, depthwiseInitializer: "zeros" })
      : tf.layers.conv2d({ ...shared, filters, kernelInitializer: "zeros" });
  return applyLayer(convolution, padded);
}

/** TensorFlow.js has no grouped convolution: its `groups` would be silently ignored. */
function groupedConv(
  tf: Tf,
  input: SymbolicTensor,
  options: ConvOptions & { readonly filters: number; readonly groups: number },
): SymbolicTensor {
  const { name, filters, groups, ...others } = options;
  const share = channelsOf(input) / groups;
  const parts = Array.from({ length: groups }, (_, i) => {
    const own = `${name}/group${i + 1}`;
    const part = cropChannels(tf, input, i * share, share, `${own}/crop`);
    return conv(tf, part, { ...others, groups: 1, name: own, filters: filters / groups });
  });
  return applyLayer(tf.layers.concatenate({ name: `${name}/groups`, axis: -1 }), parts);
}

/** Adds rows and columns of zeros on every side. */
export function pad(tf: Tf, input: SymbolicTensor, name: string, padding = 1): SymbolicTensor {
  return applyLayer(tf.layers.zeroPadding2d({ name, padding }), input);
}
