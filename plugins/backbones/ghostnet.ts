import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesGhostnetOptions } from "../options.ts";
import { activate } from "./parts/activation.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { cropChannels } from "./parts/channels.ts";
import { convBlock, convNorm, convResult } from "./parts/conv-norm.ts";
import { groupBlocks } from "./parts/group-blocks.ts";
import { roundChannels } from "./parts/round-channels.ts";
import { squeezeExcite } from "./parts/squeeze-excite.ts";
import { buildStages, linear, toStages } from "./parts/stages.ts";
import { resolveStem } from "./parts/stem.ts";

/** Kernel size, hidden channels, output channels, squeeze-and-excitation, stride: table 1 of the paper. */
type Row = readonly [3 | 5, number, number, "se" | "-", 1 | 2];

const groups: readonly (readonly Row[])[] = [
  [[3, 16, 16, "-", 1]],
  [[3, 48, 24, "-", 2]],
  [[3, 72, 24, "-", 1]],
  [[5, 72, 40, "se", 2]],
  [[5, 120, 40, "se", 1]],
  [[3, 240, 80, "-", 2]],
  [
    [3, 200, 80, "-", 1],
    [3, 184, 80, "-", 1],
    [3, 184, 80, "-", 1],
    [3, 480, 112, "se", 1],
    [3, 672, 112, "se", 1],
  ],
  [[5, 672, 160, "se", 2]],
  [
    [5, 960, 160, "-", 1],
    [5, 960, 160, "se", 1],
    [5, 960, 160, "-", 1],
    [5, 960, 160, "se", 1],
  ],
];
const stemChannels = 16;
const lastChannels = 960;
const hiddenFeatures = 1280;
const squeezeRatio = 4;

interface Block {
  readonly name: string;
  readonly kernelSize: 3 | 5;
  readonly hidden: number;
  readonly channels: number;
  readonly squeeze: boolean;
  readonly stride: number;
}

/** GhostNet's channels are multiples of 4. */
const rounded = (channels: number): number => roundChannels(channels, 4);

/** Half of the channels by a 1×1 convolution, the other half from those by a depthwise 3×3. */
function ghost(tf: Tf, input: SymbolicTensor, name: string, channels: number, active: boolean): SymbolicTensor {
  const filters = Math.ceil(channels / 2);
  const add = (tensor: SymbolicTensor, part: { name: string; kernelSize: 1 | 3; filters?: number }): SymbolicTensor =>
    active ? convBlock(tf, tensor, { ...part, activation: "relu" }) : convNorm(tf, tensor, part);
  const primary = add(input, { name: `${name}/primary`, kernelSize: 1, filters });
  const cheap = add(primary, { name: `${name}/cheap`, kernelSize: 3 });
  const joined = applyLayer(tf.layers.concatenate({ name: `${name}/concat`, axis: -1 }), [primary, cheap]);
  return 2 * filters === channels ? joined : cropChannels(tf, joined, 0, channels, `${name}/crop`);
}

function bottleneck(tf: Tf, input: SymbolicTensor, block: Block): SymbolicTensor {
  const { name, kernelSize, hidden, channels, squeeze, stride } = block;
  const expanded = ghost(tf, input, `${name}/ghost1`, hidden, true);
  const depthwise = { name: `${name}/depthwise`, kernelSize, stride } as const;
  const halved = stride === 1 ? expanded : convNorm(tf, expanded, depthwise);
  const gated = squeeze ? squeezeExcite(tf, halved, rounded(hidden / squeezeRatio), `${name}/se`) : halved;
  const projected = ghost(tf, gated, `${name}/ghost2`, channels, false);
  return applyLayer(tf.layers.add({ name: `${name}/add` }), [projected, shortcut(tf, input, block)]);
}

function shortcut(tf: Tf, input: SymbolicTensor, { name, kernelSize, channels, stride }: Block): SymbolicTensor {
  if (stride === 1 && channelsOf(input) === channels) return input;
  const filtered = convNorm(tf, input, { name: `${name}/shortcut/depthwise`, kernelSize, stride });
  return convNorm(tf, filtered, { name: `${name}/shortcut/pointwise`, kernelSize: 1, filters: channels });
}

function buildGhostnet(tf: Tf, options: BackbonesGhostnetOptions, input: SymbolicTensor): BuiltBackbone {
  const { width } = options;
  const stemKind = resolveStem(options.stem, input);
  const stem = { name: "stem", kernelSize: 3, filters: rounded(stemChannels * width) } as const;
  const start = convResult(tf, input, { ...stem, stride: stemKind === "cifar" ? 1 : 2, activation: "relu" });
  const blocks = groupBlocks(
    groups.map((rows) =>
      rows.map(([kernelSize, hidden, channels, squeeze, stride]) => ({
        kernelSize,
        hidden: rounded(hidden * width),
        channels: rounded(channels * width),
        squeeze: squeeze === "se",
        stride,
      })),
    ),
  );
  const { taps, output } = buildStages(start, toStages<Block>(blocks, stemKind), (features, block) =>
    linear(bottleneck(tf, features, block)),
  );
  const last = { name: "last", kernelSize: 1, filters: rounded(lastChannels * width), activation: "relu" } as const;
  return {
    taps,
    output: convBlock(tf, output, last),
    hidden: (pooled) => {
      const dense = tf.layers.dense({ name: "hidden", units: hiddenFeatures, kernelInitializer: "zeros" });
      return activate(tf, applyLayer(dense, pooled), "relu", "hidden");
    },
  };
}

/**
 * GhostNet. Stages end before each halving: 16, 24, 40, 112 and 160 channels (width 1) at strides 2, 4, 8, 16, 32; with
 * the cifar stem at 1, 1, 2, 4, 8. A classifier gets the paper's dense layer of 1 280 before the classes.
 *
 * @see Han, Wang, Tian, Guo, Xu, Xu (2019), arXiv:1911.11907
 */
export const ghostnet: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesGhostnetOptions>("backbones", {
  id: "ghostnet",
  summary: "GhostNet at any width",
  reference: "arXiv:1911.11907",
  cacheVersion: 1,
  create: (options, context): Backbone => ({
    name: `ghostnet-${options.width}`,
    build: (input) => buildGhostnet(context.tf, options, input),
  }),
});
