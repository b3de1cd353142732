import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesShufflenetV2Options } from "../options.ts";
import { relu } from "./parts/activation.ts";
import { applyLayer } from "./parts/apply-layer.ts";
import { cropChannels, shuffleChannels } from "./parts/channels.ts";
import { convBlock, convNorm } from "./parts/conv-norm.ts";
import { buildStages, linear, type Result, repeated } from "./parts/stages.ts";
import { maxPool, resolveStem } from "./parts/stem.ts";

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
  readonly stride: number;
}

/**
 * One unit: half of the channels (stride 1) or a copy of all (stride 2) goes through 1×1, depthwise 3×3 and 1×1
 * convolutions, and is then shuffled with the other half.
 */
function shuffleUnit(tf: Tf, input: SymbolicTensor, unit: Unit): Result {
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

/** Joins two halves and interleaves their channels. */
function concatShuffled(tf: Tf, halves: SymbolicTensor[], name: string): SymbolicTensor {
  const joined = applyLayer(tf.layers.concatenate({ name: `${name}/concat`, axis: -1 }), halves);
  return shuffleChannels(tf, joined, 2, `${name}/shuffle`);
}

function buildShufflenetV2(tf: Tf, options: BackbonesShufflenetV2Options, input: SymbolicTensor): BuiltBackbone {
  const channelsOfStage = shufflenetChannels(options.width);
  const stem = { name: "stem", kernelSize: 3, filters: stemChannels, stride: options.stemStride } as const;
  const pre = convNorm(tf, input, stem);
  const wide = relu(tf, pre, "stem/relu");
  const start = resolveStem(options.stem, input) === "imagenet" ? maxPool(tf, wide, "stem/pool") : wide;
  const { taps, output } = buildStages(
    linear(start),
    stageUnits.map((units, i) => repeated(units, 2, { channels: channelsOfStage[i] ?? 0 })),
    (features, unit, stage, number) => shuffleUnit(tf, features, { ...unit, name: `${stage}/unit${number}` }),
    [{ pre, output: wide }],
  );
  const last = { name: "last", kernelSize: 1, filters: channelsOfStage[3], activation: "relu" } as const;
  return { taps, output: convBlock(tf, output, last) };
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
