import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, defineProvider, type ProviderOf, type Tap, type Tf } from "../../core/index.ts";
import type { BackbonesMobilenetV1Options } from "../options.ts";
import { convNorm, relu } from "./conv-norm.ts";
import { roundChannels } from "./round-channels.ts";
import { resolveStem } from "./stem.ts";

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
  readonly name: string;
  readonly channels: number;
  readonly stride: number;
}

/** Filters each channel, then mixes them; returns the result before and after its ReLU6. */
function separableConvolution(tf: Tf, input: SymbolicTensor, block: Block): Record<"pre" | "output", SymbolicTensor> {
  const { name, channels, stride } = block;
  const depthwise = convNorm(tf, input, { name: `${name}/depthwise`, kernelSize: 3, stride });
  const filtered = relu(tf, depthwise, `${name}/depthwise/relu6`, 6);
  const pre = convNorm(tf, filtered, { name: `${name}/pointwise`, kernelSize: 1, filters: channels });
  return { pre, output: relu(tf, pre, `${name}/pointwise/relu6`, 6) };
}

function buildMobilenetV1(
  tf: Tf,
  options: BackbonesMobilenetV1Options,
  input: SymbolicTensor,
): ReturnType<Backbone["build"]> {
  const { width } = options;
  // The cifar stem drops the first two halvings: the stem's and that of the stage with 128 channels.
  const small = resolveStem(options.stem, input) === "cifar";
  let stride = small ? 1 : 2;
  const filters = roundChannels(stemChannels * width);
  const stem = convNorm(tf, input, { name: "stem", kernelSize: 3, filters, stride });
  let features = relu(tf, stem, "stem/relu6", 6);
  const taps: Record<string, Tap> = {};
  for (const [index, { blocks, ...stage }] of stages.entries()) {
    const name = `stage${index + 1}`;
    const channels = roundChannels(stage.channels * width);
    const stageStride = small && index === 1 ? 1 : stage.stride;
    stride *= stageStride;
    for (let number = 1; number <= blocks; number++) {
      const block = { name: `${name}/block${number}`, channels, stride: number === 1 ? stageStride : 1 };
      const { pre, output } = separableConvolution(tf, features, block);
      features = output;
      taps[name] = { tensor: output, channels, stride };
      taps[`${name}/pre`] = { tensor: pre, channels, stride };
    }
  }
  return { taps, output: features };
}

/**
 * MobileNetV1. Stages end before each halving: 64, 128, 256, 512 and 1024 channels (width 1) at strides 2, 4, 8, 16,
 * 32; with the cifar stem at 1, 1, 2, 4, 8. Activations are ReLU6, as in the authors' code.
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
