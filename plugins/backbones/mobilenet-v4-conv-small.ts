import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesMobilenetV4ConvSmallOptions } from "../options.ts";
import { activate } from "./parts/activation.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { convBlock, convNorm, convResult, normalize } from "./parts/conv-norm.ts";
import { groupBlocks } from "./parts/group-blocks.ts";
import { roundChannels } from "./parts/round-channels.ts";
import { buildStages, linear, type Result, toStages } from "./parts/stages.ts";
import { resolveStem } from "./parts/stem.ts";

/** A plain convolution, or a universal inverted bottleneck: depthwise before and after the expansion, 0 for none. */
interface Block {
  readonly name: string;
  readonly channels: number;
  readonly stride: 1 | 2;
  readonly conv?: 1 | 3;
  readonly before?: 0 | 3 | 5;
  readonly after?: 0 | 3 | 5;
  readonly expansion?: number;
}

type Row = Omit<Block, "name">;

/** A row of the paper's table 10: a plain convolution. */
function plain(conv: 1 | 3, channels: number, stride: 1 | 2 = 1): Row {
  return { conv, channels, stride };
}

/** A row of the paper's table 10: a universal inverted bottleneck. */
function universal(before: 0 | 3 | 5, after: 0 | 3 | 5, expansion: number, channels: number, stride: 1 | 2 = 1): Row {
  return { before, after, expansion, channels, stride };
}

const groups: readonly (readonly Row[])[] = [
  [plain(3, 32, 2), plain(1, 32)],
  [plain(3, 96, 2), plain(1, 64)],
  [universal(5, 5, 3, 96, 2), ...Array.from({ length: 4 }, () => universal(0, 3, 2, 96)), universal(3, 0, 4, 96)],
  [
    universal(3, 3, 6, 128, 2),
    universal(5, 5, 4, 128),
    universal(0, 5, 4, 128),
    universal(0, 5, 3, 128),
    universal(0, 3, 4, 128),
    universal(0, 3, 4, 128),
  ],
];
const stemChannels = 32;
const lastChannels = 960;
const hiddenFeatures = 1280;

function universalBottleneck(tf: Tf, input: SymbolicTensor, block: Block): SymbolicTensor {
  const { name, channels, stride, before = 0, after = 0, expansion = 1 } = block;
  const first = { name: `${name}/before`, kernelSize: before || 3, stride: after === 0 ? stride : 1 } as const;
  const start = before === 0 ? input : convNorm(tf, input, first);
  const filters = roundChannels(channelsOf(input) * expansion);
  const expanded = convBlock(tf, start, { name: `${name}/expand`, kernelSize: 1, filters, activation: "relu" });
  const second = { name: `${name}/after`, kernelSize: after || 3, stride, activation: "relu" } as const;
  const filtered = after === 0 ? expanded : convBlock(tf, expanded, second);
  const projected = convNorm(tf, filtered, { name: `${name}/project`, kernelSize: 1, filters: channels });
  if (stride !== 1 || channelsOf(input) !== channels) return projected;
  return applyLayer(tf.layers.add({ name: `${name}/add` }), [input, projected]);
}

function buildBlock(tf: Tf, input: SymbolicTensor, block: Block): Result {
  const { name, conv, channels: filters, stride } = block;
  if (conv === undefined) return linear(universalBottleneck(tf, input, block));
  return convResult(tf, input, { name, kernelSize: conv, filters, stride, activation: "relu" });
}

function build(tf: Tf, options: BackbonesMobilenetV4ConvSmallOptions, input: SymbolicTensor): BuiltBackbone {
  const { width } = options;
  const stemKind = resolveStem(options.stem, input);
  const stem = { name: "stem", kernelSize: 3, filters: roundChannels(stemChannels * Math.max(1, width)) } as const;
  const start = convResult(tf, input, { ...stem, stride: stemKind === "cifar" ? 1 : 2, activation: "relu" });
  const blocks = groupBlocks(groups).map((row) => ({ ...row, channels: roundChannels(row.channels * width) }));
  const { taps, output } = buildStages(start, toStages(blocks, stemKind), (features, block) =>
    buildBlock(tf, features, block),
  );
  const filters = roundChannels(lastChannels * width);
  return {
    taps,
    output: convBlock(tf, output, { name: "last", kernelSize: 1, filters, activation: "relu" }),
    hidden: (pooled) => {
      const dense = { name: "hidden", units: hiddenFeatures, useBias: false, kernelInitializer: "zeros" } as const;
      return activate(tf, normalize(tf, applyLayer(tf.layers.dense(dense), pooled), "hidden"), "relu", "hidden");
    },
  };
}

/**
 * MobileNetV4-Conv-Small. Stages end before each halving: 32 (the stem), 32, 64, 96 and 128 channels (width 1) at
 * strides 2, 4, 8, 16, 32; with the cifar stem at 1, 1, 2, 4, 8. A classifier gets a dense layer of 1 280 with batch
 * norm before the classes. As in the published narrow forms, widths below 1 leave the stem and that layer as they are.
 *
 * @see Qin, Leichner, Delakis, Fornoni, Luo, Yang, Wang, Banbury, Ye, Akin, Aggarwal, Zhu, Moro, Howard (2024),
 *   arXiv:2404.10518, table 10
 */
export const mobilenetV4ConvSmall: ProviderOf<"backbones"> = defineProvider<
  "backbones",
  BackbonesMobilenetV4ConvSmallOptions
>("backbones", {
  id: "mobilenet-v4-conv-small",
  summary: "MobileNetV4-Conv-Small at any width",
  reference: "arXiv:2404.10518",
  cacheVersion: 1,
  create: (options, context): Backbone => ({
    name: `mobilenet-v4-conv-small-${options.width}`,
    build: (input) => build(context.tf, options, input),
  }),
});
