import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesMobilenetV2Options } from "../options.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { convBlock, convNorm, convResult } from "./parts/conv-norm.ts";
import { groupBlocks } from "./parts/group-blocks.ts";
import { roundChannels } from "./parts/round-channels.ts";
import { buildStages, linear, repeated, toStages } from "./parts/stages.ts";
import { resolveStem } from "./parts/stem.ts";

/** Expansion, output channels, blocks and stride of each group of blocks: table 2 of the paper. */
const groups = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 2 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2 },
  { expansion: 6, channels: 64, blocks: 4, stride: 2 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1 },
  { expansion: 6, channels: 160, blocks: 3, stride: 2 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1 },
] as const;

const stemChannels = 32;
const lastChannels = 1280;

interface Block {
  readonly name: string;
  readonly channels: number;
  readonly expansion: number;
  readonly stride: number;
}

/** Expands, filters each channel, projects without an activation; adds the input where shapes allow. */
function invertedResidual(tf: Tf, input: SymbolicTensor, block: Block): SymbolicTensor {
  const { name, channels, expansion, stride } = block;
  const inputChannels = channelsOf(input);
  const filters = inputChannels * expansion;
  const expand = { name: `${name}/expand`, kernelSize: 1, filters, activation: "relu6" } as const;
  const expanded = expansion === 1 ? input : convBlock(tf, input, expand);
  const depthwise = { name: `${name}/depthwise`, kernelSize: 3, stride, activation: "relu6" } as const;
  const filtered = convBlock(tf, expanded, depthwise);
  const projected = convNorm(tf, filtered, { name: `${name}/project`, kernelSize: 1, filters: channels });
  if (stride !== 1 || inputChannels !== channels) return projected;
  return applyLayer(tf.layers.add({ name: `${name}/add` }), [input, projected]);
}

function buildMobilenetV2(tf: Tf, options: BackbonesMobilenetV2Options, input: SymbolicTensor): BuiltBackbone {
  const { width } = options;
  const stemKind = resolveStem(options.stem, input);
  const stem = { name: "stem", kernelSize: 3, filters: roundChannels(stemChannels * width) } as const;
  const start = convResult(tf, input, { ...stem, stride: stemKind === "cifar" ? 1 : 2, activation: "relu6" });
  const blocks = groupBlocks(
    groups.map(({ channels, expansion, ...group }) =>
      repeated(group.blocks, group.stride, { channels: roundChannels(channels * width), expansion }),
    ),
  );
  const { taps, output } = buildStages(start, toStages(blocks, stemKind), (features, block) =>
    linear(invertedResidual(tf, features, block)),
  );
  const filters = roundChannels(lastChannels * Math.max(1, width));
  return { taps, output: convBlock(tf, output, { name: "last", kernelSize: 1, filters, activation: "relu6" }) };
}

/**
 * MobileNetV2. Stages end before each halving: 16, 24, 32, 96 and 320 channels (width 1) at strides 2, 4, 8, 16, 32;
 * with the cifar stem at 1, 1, 2, 4, 8.
 *
 * @see Sandler, Howard, Zhu, Zhmoginov, Chen (2018), arXiv:1801.04381
 */
export const mobilenetV2: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesMobilenetV2Options>(
  "backbones",
  {
    id: "mobilenet-v2",
    summary: "MobileNetV2 at any width",
    reference: "arXiv:1801.04381",
    cacheVersion: 1,
    create: (options, context): Backbone => ({
      name: `mobilenet-v2-${options.width}`,
      build: (input) => buildMobilenetV2(context.tf, options, input),
    }),
  },
);
