import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, defineProvider, type ProviderOf, type Tap, type Tf } from "../../core/index.ts";
import type { BackbonesResnetOptions } from "../options.ts";
import { applyLayer, convNorm, relu } from "./conv-norm.ts";

const stageWidths = [16, 32, 64] as const;

interface Block {
  readonly name: string;
  readonly filters: number;
  readonly stride: number;
  /** Width or size changes, so the shortcut is a 1×1 convolution with batch norm (option B of the paper). */
  readonly project: boolean;
}

/** Two 3×3 convolutions and a shortcut; returns the sum before and after its ReLU. */
function basicBlock(tf: Tf, input: SymbolicTensor, block: Block): { pre: SymbolicTensor; output: SymbolicTensor } {
  const { name, filters, stride, project } = block;
  const first = convNorm(tf, input, { name: `${name}/conv1`, kernelSize: 3, filters, stride });
  const hidden = relu(tf, first, `${name}/conv1/relu`);
  const second = convNorm(tf, hidden, { name: `${name}/conv2`, kernelSize: 3, filters });
  const shortcut = project ? convNorm(tf, input, { name: `${name}/shortcut`, kernelSize: 1, filters, stride }) : input;
  const pre = applyLayer(tf.layers.add({ name: `${name}/add` }), [second, shortcut]);
  return { pre, output: relu(tf, pre, `${name}/relu`) };
}

function buildResnet(tf: Tf, depth: number, input: SymbolicTensor): ReturnType<Backbone["build"]> {
  const blocksPerStage = (depth - 2) / 6;
  const taps: Record<string, Tap> = {};
  let features = relu(tf, convNorm(tf, input, { name: "stem", kernelSize: 3, filters: 16 }), "stem/relu");
  for (const [index, filters] of stageWidths.entries()) {
    const stage = `stage${index + 1}`;
    for (let number = 1; number <= blocksPerStage; number++) {
      const entering = number === 1 && index > 0;
      const block = { name: `${stage}/block${number}`, filters, stride: entering ? 2 : 1, project: entering };
      const { pre, output } = basicBlock(tf, features, block);
      features = output;
      taps[stage] = { tensor: output, channels: filters, stride: 2 ** index };
      taps[`${stage}/pre`] = { tensor: pre, channels: filters, stride: 2 ** index };
    }
  }
  return { taps, output: features };
}

/**
 * ResNet for small images: depth 6n + 2, n basic blocks in each of three stages at strides 1, 2 and 4.
 *
 * Shortcuts that change the width are 1×1 projections, as in the distillation benchmarks (78 042 weights for depth 8
 * and ten classes), not the parameter-free padding of the paper's CIFAR experiments.
 *
 * @see He, Zhang, Ren, Sun (2015), arXiv:1512.03385, §4.2
 */
export const resnet: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesResnetOptions>("backbones", {
  id: "resnet",
  summary: "ResNet in its CIFAR form, depth 8 to 56",
  reference: "arXiv:1512.03385",
  cacheVersion: 1,
  create: ({ depth }, context): Backbone => ({
    name: `resnet-${depth}`,
    build: (input) => buildResnet(context.tf, depth, input),
  }),
});
