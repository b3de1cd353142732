import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, defineProvider, type ProviderOf, type Tap, type Tf } from "../../core/index.ts";
import type { BackbonesMobilenetV2Options } from "../options.ts";
import { applyLayer, convNorm, relu } from "./conv-norm.ts";
import { roundChannels } from "./round-channels.ts";
import { resolveStem } from "./stem.ts";

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

/** The groups after which a stage ends, because the next one halves the resolution or nothing follows. */
const lastGroupOfStage: readonly number[] = [0, 1, 2, 4, 6];
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
  const inputChannels = input.shape[3] ?? 0;
  const expanded =
    expansion === 1
      ? input
      : relu6(tf, input, { name: `${name}/expand`, kernelSize: 1, filters: inputChannels * expansion });
  const filtered = relu6(tf, expanded, { name: `${name}/depthwise`, kernelSize: 3, stride });
  const projected = convNorm(tf, filtered, { name: `${name}/project`, kernelSize: 1, filters: channels });
  if (stride !== 1 || inputChannels !== channels) return projected;
  return applyLayer(tf.layers.add({ name: `${name}/add` }), [input, projected]);
}

function relu6(tf: Tf, input: SymbolicTensor, options: Parameters<typeof convNorm>[2]): SymbolicTensor {
  return relu(tf, convNorm(tf, input, options), `${options.name}/relu6`, 6);
}

function buildMobilenetV2(
  tf: Tf,
  options: BackbonesMobilenetV2Options,
  input: SymbolicTensor,
): ReturnType<Backbone["build"]> {
  const { width } = options;
  // The cifar stem drops the first two halvings: the stem's and that of the group with 24 channels.
  const small = resolveStem(options.stem, input) === "cifar";
  const stemStride = small ? 1 : 2;
  const taps: Record<string, Tap> = {};
  const stem = {
    name: "stem",
    kernelSize: 3,
    filters: roundChannels(stemChannels * width),
    stride: stemStride,
  } as const;
  let features = relu6(tf, input, stem);
  let stride = stemStride;
  for (const [index, group] of groups.entries()) {
    const channels = roundChannels(group.channels * width);
    const groupStride = small && index === 1 ? 1 : group.stride;
    for (let number = 1; number <= group.blocks; number++) {
      const block = { name: `group${index + 1}/block${number}`, channels, expansion: group.expansion };
      features = invertedResidual(tf, features, { ...block, stride: number === 1 ? groupStride : 1 });
    }
    stride *= groupStride;
    const stage = lastGroupOfStage.indexOf(index) + 1;
    if (stage === 0) continue;
    // Bottlenecks are linear: there is no activation that `pre` could come before.
    taps[`stage${stage}`] = { tensor: features, channels, stride };
    taps[`stage${stage}/pre`] = { tensor: features, channels, stride };
  }
  const filters = roundChannels(lastChannels * Math.max(1, width));
  return { taps, output: relu6(tf, features, { name: "last", kernelSize: 1, filters }) };
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
