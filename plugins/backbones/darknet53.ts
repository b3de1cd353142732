import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesDarknet53Options } from "../options.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { convBlock } from "./parts/conv-norm.ts";
import { roundChannels } from "./parts/round-channels.ts";
import { buildStages, linear } from "./parts/stages.ts";

/** Channels and residual blocks of each stage: table 1 of the paper. Each begins with a convolution of stride 2. */
const stages = [
  { channels: 64, blocks: 1 },
  { channels: 128, blocks: 2 },
  { channels: 256, blocks: 8 },
  { channels: 512, blocks: 8 },
  { channels: 1024, blocks: 4 },
] as const;
const stemChannels = 32;

function residualBlock(tf: Tf, input: SymbolicTensor, name: string): SymbolicTensor {
  const channels = channelsOf(input);
  const narrow = { name: `${name}/conv1`, kernelSize: 1, filters: channels / 2, activation: "leaky" } as const;
  const wide = { name: `${name}/conv2`, kernelSize: 3, filters: channels, activation: "leaky" } as const;
  const branch = convBlock(tf, convBlock(tf, input, narrow), wide);
  return applyLayer(tf.layers.add({ name: `${name}/add` }), [input, branch]);
}

function buildDarknet53(tf: Tf, { width }: BackbonesDarknet53Options, input: SymbolicTensor): BuiltBackbone {
  const filters = roundChannels(stemChannels * width);
  const start = convBlock(tf, input, { name: "stem", kernelSize: 3, filters, activation: "leaky" });
  // a number of channels is the convolution that halves, `undefined` a residual block
  const table = stages.map(({ channels, blocks }) => [
    roundChannels(channels * width),
    ...Array.from({ length: blocks }, () => undefined),
  ]);
  return buildStages(linear(start), table, (features, halving, stage, number) => {
    if (halving === undefined) return linear(residualBlock(tf, features, `${stage}/block${number - 1}`));
    const down = { name: `${stage}/down`, kernelSize: 3, stride: 2, filters: halving } as const;
    return linear(convBlock(tf, features, { ...down, activation: "leaky" }));
  });
}

/**
 * Darknet-53: stages at strides 2 to 32 with 64 to 1024 channels, leaky ReLU of slope 0.1.
 *
 * @see Redmon, Farhadi (2018), arXiv:1804.02767, table 1
 */
export const darknet53: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesDarknet53Options>("backbones", {
  id: "darknet53",
  summary: "the backbone of YOLOv3, Darknet-53",
  reference: "arXiv:1804.02767",
  cacheVersion: 1,
  create: (options, context): Backbone => ({
    name: `darknet53-${options.width}`,
    build: (input) => buildDarknet53(context.tf, options, input),
  }),
});
