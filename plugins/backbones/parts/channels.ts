import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { applyLayer, channelsOf } from "./apply-layer.ts";

/**
 * Takes a range of channels with a stock layer: told that data is channels-first, a 2-D cropping cuts the last two
 * axes, here width (by nothing) and channels.
 */
export function cropChannels(
  tf: Tf,
  input: SymbolicTensor,
  start: number,
  count: number,
  name: string,
): SymbolicTensor {
  const end = channelsOf(input) - start - count;
  const cropping: [[number, number], [number, number]] = [
    [0, 0],
    [start, end],
  ];
  return applyLayer(tf.layers.cropping2D({ name, cropping, dataFormat: "channelsFirst" }), input);
}

/** Adds channels of zeros before and behind, by the trick of {@link cropChannels}. */
export function padChannels(tf: Tf, input: SymbolicTensor, count: number, name: string): SymbolicTensor {
  const padding: [[number, number], [number, number]] = [
    [0, 0],
    [count, count],
  ];
  return applyLayer(tf.layers.zeroPadding2d({ name, padding, dataFormat: "channelsFirst" }), input);
}

/** Interleaves the channels of groups: with two, a₀ a₁ … b₀ b₁ … becomes a₀ b₀ a₁ b₁ … */
export function shuffleChannels(tf: Tf, input: SymbolicTensor, groups: number, name: string): SymbolicTensor {
  const [, height = null, width = null, channels = null] = input.shape;
  const targetShape = [height, width, groups, (channels ?? 0) / groups];
  const split = tf.layers.reshape({ name: `${name}/split`, targetShape });
  const swap = tf.layers.permute({ name: `${name}/swap`, dims: [1, 2, 4, 3] });
  const join = tf.layers.reshape({ name: `${name}/join`, targetShape: [height, width, channels] });
  return [split, swap, join].reduce((tensor, layer) => applyLayer(layer, tensor), input);
}
