import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesMobilenetV1Options } from "../options.ts";
import { activate } from "./parts/activation.ts";
import { convBlock, convNorm, convResult } from "./parts/conv-norm.ts";
import { roundChannels } from "./parts/round-channels.ts";
import { buildStages, type Result, repeated, toStages } from "./parts/stages.ts";
import { resolveStem } from "./parts/stem.ts";

/** Output channels, blocks and the first block's stride, stage by stage: table 1 of the paper. */
const stages = [
  { channels: 64, blocks: 1, stride: 1 },
  { channels: 128, blocks: 2, stride: 2 },
  { channels: 256, blocks: 2, stride: 2 },
  { channels: 512, blocks: 6, stride: 2 },
  { channels: 1024, blocks: 2, stride: 2 },
] as const;
const stemChannels = 32;

interface Block {
  readonly channels: number;
  readonly stride: number;
  readonly padding: BackbonesMobilenetV1Options["padding"];
  readonly activation: BackbonesMobilenetV1Options["activation"];
}

/** Filters each channel, then mixes them. */
function separableConvolution(tf: Tf, input: SymbolicTensor, name: string, block: Block): Result {
  const { channels, stride, padding, activation } = block;
  const depthwise = { name: `${name}/depthwise`, kernelSize: 3, stride, padding, activation } as const;
  const filtered = convBlock(tf, input, depthwise);
  const pre = convNorm(tf, filtered, { name: `${name}/pointwise`, kernelSize: 1, filters: channels });
  return { pre, output: activate(tf, pre, activation, `${name}/pointwise`) };
}

function buildMobilenetV1(tf: Tf, options: BackbonesMobilenetV1Options, input: SymbolicTensor): BuiltBackbone {
  const { width, padding, activation } = options;
  const stemKind = resolveStem(options.stem, input);
  const stem = { name: "stem", kernelSize: 3, filters: roundChannels(stemChannels * width), padding } as const;
  const start = convResult(tf, input, { ...stem, stride: stemKind === "cifar" ? 1 : 2, activation });
  const blocks = stages.flatMap(({ channels, ...stage }) =>
    repeated(stage.blocks, stage.stride, { channels: roundChannels(channels * width), padding, activation }),
  );
  return buildStages(start, toStages(blocks, stemKind), (features, block, stage, number) =>
    separableConvolution(tf, features, `${stage}/block${number}`, block),
  );
}

/**
 * MobileNetV1. Stages end before each halving: 64, 128, 256, 512 and 1024 channels (width 1) at strides 2, 4, 8, 16,
 * 32; with the cifar stem at 1, 1, 2, 4, 8. Activations are ReLU6 unless
 * `activation` says otherwise, as in the authors' code.
 *
 * @see Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam (2017), arXiv:1704.04861
 */
export const mobilenetV1: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesMobilenetV1Options>(
  "backbones",
  {
    id: "mobilenet-v1",
    summary: "MobileNetV1 at any width",
    reference: "arXiv:1704.04861",
    cacheVersion: 1,
    create: (options, context): Backbone => ({
      name: `mobilenet-v1-${options.width}`,
      build: (input) => buildMobilenetV1(context.tf, options, input),
    }),
  },
);
