import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesEfficientnetLiteOptions } from "../options.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { convBlock, convNorm, convResult } from "./parts/conv-norm.ts";
import { groupBlocks } from "./parts/group-blocks.ts";
import { roundChannels } from "./parts/round-channels.ts";
import { buildStages, linear, repeated, toStages } from "./parts/stages.ts";
import { resolveStem } from "./parts/stem.ts";

/** Kernel size, expansion, channels, blocks and stride of each group: table 1 of the paper, for B0. */
const groups = [
  { kernelSize: 3, expansion: 1, channels: 16, blocks: 1, stride: 1 },
  { kernelSize: 3, expansion: 6, channels: 24, blocks: 2, stride: 2 },
  { kernelSize: 5, expansion: 6, channels: 40, blocks: 2, stride: 2 },
  { kernelSize: 3, expansion: 6, channels: 80, blocks: 3, stride: 2 },
  { kernelSize: 5, expansion: 6, channels: 112, blocks: 3, stride: 1 },
  { kernelSize: 5, expansion: 6, channels: 192, blocks: 4, stride: 2 },
  { kernelSize: 3, expansion: 6, channels: 320, blocks: 1, stride: 1 },
] as const;
/** Factors on channels and on blocks of Lite0 to Lite4. */
const scales = [
  { width: 1, depth: 1 },
  { width: 1, depth: 1.1 },
  { width: 1.1, depth: 1.2 },
  { width: 1.2, depth: 1.4 },
  { width: 1.4, depth: 1.8 },
] as const;
const stemChannels = 32;
const lastChannels = 1280;

interface Block {
  readonly name: string;
  readonly kernelSize: 3 | 5;
  readonly expansion: number;
  readonly channels: number;
  readonly stride: number;
}

type Padding = BackbonesEfficientnetLiteOptions["padding"];

function invertedResidual(tf: Tf, input: SymbolicTensor, block: Block, padding: Padding): SymbolicTensor {
  const { name, kernelSize, expansion, channels, stride } = block;
  const filters = channelsOf(input) * expansion;
  const expand = { name: `${name}/expand`, kernelSize: 1, filters, activation: "relu6" } as const;
  const expanded = expansion === 1 ? input : convBlock(tf, input, expand);
  const depthwise = { name: `${name}/depthwise`, kernelSize, stride, padding, activation: "relu6" } as const;
  const filtered = convBlock(tf, expanded, depthwise);
  const projected = convNorm(tf, filtered, { name: `${name}/project`, kernelSize: 1, filters: channels });
  if (stride !== 1 || channelsOf(input) !== channels) return projected;
  return applyLayer(tf.layers.add({ name: `${name}/add` }), [input, projected]);
}

function build(tf: Tf, options: BackbonesEfficientnetLiteOptions, input: SymbolicTensor): BuiltBackbone {
  const { variant, padding } = options;
  const scale = scales[variant];
  const stemKind = resolveStem(options.stem, input);
  const stem = { name: "stem", kernelSize: 3, filters: stemChannels, padding, activation: "relu6" } as const;
  const start = convResult(tf, input, { ...stem, stride: stemKind === "cifar" ? 1 : 2 });
  const blocks = groupBlocks(
    groups.map(({ blocks: count, stride, channels, ...block }, i) => {
      // the first and the last group are not repeated more often
      const deeper = i === 0 || i === groups.length - 1 ? count : Math.ceil(count * scale.depth);
      return repeated(deeper, stride, { ...block, channels: roundChannels(channels * scale.width) });
    }),
  );
  const { taps, output } = buildStages(start, toStages(blocks, stemKind), (features, block) =>
    linear(invertedResidual(tf, features, block, padding)),
  );
  return {
    taps,
    output: convBlock(tf, output, { name: "last", kernelSize: 1, filters: lastChannels, activation: "relu6" }),
  };
}

/**
 * EfficientNet-Lite 0 to 4: EfficientNet without squeeze-and-excitation, with ReLU6, and with a stem and a last
 * convolution that do not grow. Stages end before each halving: 16, 24, 40, 112 and 320 channels (Lite0) at strides 2,
 * 4, 8, 16, 32; with the cifar stem at 1, 1, 2, 4, 8.
 *
 * @see Tan, Le (2019), arXiv:1905.11946
 */
export const efficientnetLite: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesEfficientnetLiteOptions>(
  "backbones",
  {
    id: "efficientnet-lite",
    summary: "EfficientNet-Lite 0 to 4",
    reference: "arXiv:1905.11946",
    cacheVersion: 1,
    create: (options, context): Backbone => ({
      name: `efficientnet-lite${options.variant}`,
      build: (input) => build(context.tf, options, input),
    }),
  },
);
