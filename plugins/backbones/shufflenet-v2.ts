import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, defineProvider, type ProviderOf, type Tap, type Tf } from "../../core/index.ts";
import type { BackbonesShufflenetV2Options } from "../options.ts";
import { applyLayer, convNorm, pad, relu } from "./conv-norm.ts";
import { resolveStem } from "./stem.ts";

/** Channels of stages 2, 3, 4 and of the last convolution, by published width: table 5 of the paper. */
const publishedChannels: Readonly<Record<number, readonly [number, number, number, number]>> = {
  0.5: [48, 96, 192, 1024],
  1: [116, 232, 464, 1024],
  1.5: [176, 352, 704, 1024],
  2: [244, 488, 976, 2048],
};
const stemChannels = 24;
/** Units of stages 2, 3 and 4, the one of stride 2 included. */
const stageUnits = [4, 8, 4] as const;

/** Channels of stages 2, 3, 4 and of the last convolution; unpublished widths scale those of 1.0 to even numbers. */
export function shufflenetChannels(width: number): readonly [number, number, number, number] {
  const even = (channels: number): number => Math.max(2, 2 * Math.round((channels * width) / 2));
  return publishedChannels[width] ?? [even(116), even(232), even(464), width < 2 ? 1024 : even(1024)];
}

interface Unit {
  readonly name: string;
  readonly channels: number;
  readonly stride: 1 | 2;
}

/**
 * One unit: half of the channels (stride 1) or a copy of all (stride 2) goes through 1×1, depthwise 3×3 and 1×1
 * convolutions, and is then shuffled with the other half.
 */
function shuffleUnit(tf: Tf, input: SymbolicTensor, unit: Unit): { pre: SymbolicTensor; output: SymbolicTensor } {
  const { name, channels, stride } = unit;
  const half = channels / 2;
  const kept = stride === 1 ? cropChannels(tf, input, 0, half, `${name}/kept`) : shortcutBranch(tf, input, unit);
  const worked = stride === 1 ? cropChannels(tf, input, half, half, `${name}/worked`) : input;
  const first = convNorm(tf, worked, { name: `${name}/conv1`, kernelSize: 1, filters: half });
  const hidden = relu(tf, first, `${name}/conv1/relu`);
  const filtered = convNorm(tf, hidden, { name: `${name}/depthwise`, kernelSize: 3, stride });
  const branch = convNorm(tf, filtered, { name: `${name}/conv2`, kernelSize: 1, filters: half });
  return {
    pre: concatShuffled(tf, [kept, branch], `${name}/pre`),
    output: concatShuffled(tf, [kept, relu(tf, branch, `${name}/conv2/relu`)], name),
  };
}

function shortcutBranch(tf: Tf, input: SymbolicTensor, { name, channels, stride }: Unit): SymbolicTensor {
  const filtered = convNorm(tf, input, { name: `${name}/shortcut/depthwise`, kernelSize: 3, stride });
  const options = { name: `${name}/shortcut/conv`, kernelSize: 1, filters: channels / 2 } as const;
  return relu(tf, convNorm(tf, filtered, options), `${name}/shortcut/relu`);
}

/**
 * Takes a range of channels with a stock layer: told that data is channels-first, a 2-D cropping cuts the last two
 * axes, here width (by nothing) and channels.
 */
function cropChannels(tf: Tf, input: SymbolicTensor, start: number, count: number, name: string): SymbolicTensor {
  const end = (input.shape[3] ?? 0) - start - count;
  const cropping: [[number, number], [number, number]] = [
    [0, 0],
    [start, end],
  ];
  return applyLayer(tf.layers.cropping2D({ name, cropping, dataFormat: "channelsFirst" }), input);
}

/** Joins two halves and interleaves their channels: a₀ b₀ a₁ b₁ … */
function concatShuffled(tf: Tf, halves: SymbolicTensor[], name: string): SymbolicTensor {
  const joined = applyLayer(tf.layers.concatenate({ name: `${name}/concat`, axis: -1 }), halves);
  const [, height = null, width = null, channels = null] = joined.shape;
  const split = tf.layers.reshape({
    name: `${name}/shuffle/split`,
    targetShape: [height, width, 2, (channels ?? 0) / 2],
  });
  const swap = tf.layers.permute({ name: `${name}/shuffle/swap`, dims: [1, 2, 4, 3] });
  const join = tf.layers.reshape({ name: `${name}/shuffle/join`, targetShape: [height, width, channels] });
  return [split, swap, join].reduce((tensor, layer) => applyLayer(layer, tensor), joined);
}

function buildShufflenetV2(
  tf: Tf,
  options: BackbonesShufflenetV2Options,
  input: SymbolicTensor,
): ReturnType<Backbone["build"]> {
  const channelsOf = shufflenetChannels(options.width);
  const stem = { name: "stem", kernelSize: 3, filters: stemChannels, stride: options.stemStride } as const;
  const stemPre = convNorm(tf, input, stem);
  let features = relu(tf, stemPre, "stem/relu");
  let stride: number = options.stemStride;
  const taps: Record<string, Tap> = {
    stage1: { tensor: features, channels: stemChannels, stride },
    "stage1/pre": { tensor: stemPre, channels: stemChannels, stride },
  };
  if (resolveStem(options.stem, input) === "imagenet") {
    // After a ReLU, padding with zeros is padding with the smallest value.
    const pool = tf.layers.maxPooling2d({ name: "stem/pool", poolSize: 3, strides: 2, padding: "valid" });
    features = applyLayer(pool, pad(tf, features, "stem/pool/pad"));
    stride *= 2;
  }
  for (const [index, units] of stageUnits.entries()) {
    const stage = `stage${index + 2}`;
    const channels = channelsOf[index] ?? 0;
    stride *= 2;
    for (let number = 1; number <= units; number++) {
      const unit = { name: `${stage}/unit${number}`, channels, stride: number === 1 ? 2 : 1 } as const;
      const { pre, output } = shuffleUnit(tf, features, unit);
      features = output;
      taps[stage] = { tensor: output, channels, stride };
      taps[`${stage}/pre`] = { tensor: pre, channels, stride };
    }
  }
  const last = convNorm(tf, features, { name: "last", kernelSize: 1, filters: channelsOf[3] });
  return { taps, output: relu(tf, last, "last/relu") };
}

/**
 * ShuffleNetV2. `stage1` is the stem's convolution, the others are those of the paper; at strides 2, 8, 16, 32 with
 * the imagenet stem, 2, 4, 8, 16 with the cifar stem.
 *
 * @see Ma, Zhang, Zheng, Sun (2018), arXiv:1807.11164
 */
export const shufflenetV2: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesShufflenetV2Options>(
  "backbones",
  {
    id: "shufflenet-v2",
    summary: "ShuffleNetV2 at any width",
    reference: "arXiv:1807.11164",
    cacheVersion: 1,
    create: (options, context): Backbone => ({
      name: `shufflenet-v2-${options.width}`,
      build: (input) => buildShufflenetV2(context.tf, options, input),
    }),
  },
);
