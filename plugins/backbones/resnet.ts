import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesResnetOptions } from "../options.ts";
import { relu } from "./parts/activation.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { padChannels } from "./parts/channels.ts";
import { convBlock, convNorm } from "./parts/conv-norm.ts";
import { buildStages, linear, type Result, repeated } from "./parts/stages.ts";
import { maxPool, resolveStem } from "./parts/stem.ts";

/** Blocks of each stage of the ImageNet forms: table 1 of the paper. */
const imagenetBlocks: Readonly<Record<number, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
};
/** Output channels of a bottleneck over those of its 3×3 convolution. */
const bottleneckExpansion = 4;

interface Block {
  readonly name: string;
  readonly filters: number;
  readonly stride: number;
  readonly bottleneck: boolean;
  readonly shortcut: BackbonesResnetOptions["shortcut"];
}

/** Two 3×3 convolutions, or three with a narrow one in the middle, and a shortcut. */
function residualBlock(tf: Tf, input: SymbolicTensor, block: Block): Result {
  const { name, filters, stride, bottleneck } = block;
  const [first, second] = bottleneck
    ? ([{ kernelSize: 1 }, { kernelSize: 3, stride }] as const)
    : ([{ kernelSize: 3, stride }, { kernelSize: 3 }] as const);
  const hidden = convBlock(tf, input, { name: `${name}/conv1`, filters, activation: "relu", ...first });
  let branch = convNorm(tf, hidden, { name: `${name}/conv2`, filters, ...second });
  if (bottleneck) {
    const middle = relu(tf, branch, `${name}/conv2/relu`);
    branch = convNorm(tf, middle, { name: `${name}/conv3`, kernelSize: 1, filters: bottleneckExpansion * filters });
  }
  const pre = applyLayer(tf.layers.add({ name: `${name}/add` }), [
    branch,
    shortcut(tf, input, channelsOf(branch), block),
  ]);
  return { pre, output: relu(tf, pre, `${name}/relu`) };
}

/** The input, brought to the branch's size and channels: option A or B of the paper. */
function shortcut(tf: Tf, input: SymbolicTensor, channels: number, block: Block): SymbolicTensor {
  const { name, stride } = block;
  if (stride === 1 && channelsOf(input) === channels) return input;
  const own = `${name}/shortcut`;
  if (block.shortcut === "projection")
    return convNorm(tf, input, { name: own, kernelSize: 1, filters: channels, stride });
  const pick = tf.layers.averagePooling2d({ name: `${own}/pick`, poolSize: 1, strides: stride, padding: "valid" });
  const picked = stride === 1 ? input : applyLayer(pick, input);
  return padChannels(tf, picked, (channels - channelsOf(input)) / 2, `${own}/pad`);
}

/** Channels of each stage, blocks of each stage, and what comes before them. */
function layout({ depth, width }: BackbonesResnetOptions): {
  filters: number[];
  blocks: readonly number[];
  stem: number;
} {
  const blocks = imagenetBlocks[depth];
  if (blocks !== undefined) return { filters: [64, 128, 256, 512].map((n) => n * width), blocks, stem: 64 * width };
  const each = (depth - 2) / 6;
  // the ×4 forms of the distillation benchmarks widen their stem by two only
  return {
    filters: [16, 32, 64].map((n) => n * width),
    blocks: [each, each, each],
    stem: width === 1 ? 16 : 8 * width,
  };
}

function buildResnet(tf: Tf, options: BackbonesResnetOptions, input: SymbolicTensor): BuiltBackbone {
  const { depth } = options;
  const { filters, blocks, stem } = layout(options);
  const large = depth in imagenetBlocks && resolveStem(options.stem, input) === "imagenet";
  const first = large ? ({ kernelSize: 7, stride: 2 } as const) : ({ kernelSize: 3 } as const);
  const start = convBlock(tf, input, { name: "stem", filters: stem, activation: "relu", ...first });
  const shared = { bottleneck: depth === 50, shortcut: options.shortcut };
  return buildStages(
    linear(large ? maxPool(tf, start, "stem/pool") : start),
    blocks.map((count, i) => repeated(count, i === 0 ? 1 : 2, { ...shared, filters: filters[i] ?? 0 })),
    (features, block, stage, number) => residualBlock(tf, features, { ...block, name: `${stage}/block${number}` }),
  );
}

/**
 * ResNet. Depths 18, 34 and 50 have four stages at strides 4, 8, 16, 32, with the cifar stem 1, 2, 4, 8; bottlenecks
 * halve in their 3×3 convolution. Other depths are the forms for small images, 6n + 2: n basic blocks in each of three
 * stages at strides 1, 2 and 4.
 *
 * Shortcuts that change the width are 1×1 projections, as in the distillation benchmarks (78 042 weights for depth 8
 * and ten classes), unless `shortcut: pad` asks for the parameter-free padding of the paper's CIFAR experiments.
 *
 * @see He, Zhang, Ren, Sun (2015), arXiv:1512.03385, table 1 and §4.2
 */
export const resnet: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesResnetOptions>("backbones", {
  id: "resnet",
  summary: "ResNet 18, 34 and 50, and its CIFAR forms of depth 8 to 110",
  reference: "arXiv:1512.03385",
  cacheVersion: 1,
  create: (options, context): Backbone => ({
    name: `resnet-${options.depth}${options.width === 1 ? "" : `x${options.width}`}`,
    build: (input) => buildResnet(context.tf, options, input),
  }),
});
