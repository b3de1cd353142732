import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesVggOptions } from "../options.ts";
import { activate } from "./parts/activation.ts";
import { applyLayer } from "./parts/apply-layer.ts";
import { convNorm } from "./parts/conv-norm.ts";
import { buildStages, linear } from "./parts/stages.ts";

const stageChannels = [64, 128, 256, 512, 512] as const;
/** Convolutions of each stage: table 1 of the paper, and depth 8 of the distillation benchmarks. */
const stageBlocks: Readonly<Record<BackbonesVggOptions["depth"], readonly number[]>> = {
  8: [1, 1, 1, 1, 1],
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
};

interface Block {
  readonly filters: number;
  readonly pool: boolean;
}

function buildVgg(tf: Tf, { depth }: BackbonesVggOptions, input: SymbolicTensor): BuiltBackbone {
  const stages = stageBlocks[depth].map((count, i) =>
    // the last stage keeps the size of the one before it: 4×4 of 32×32
    Array.from(
      { length: count },
      (_, n): Block => ({ filters: stageChannels[i] ?? 0, pool: n === 0 && i > 0 && i < 4 }),
    ),
  );
  return buildStages(linear(input), stages, (features, { filters, pool }, stage, number) => {
    const name = `${stage}/conv${number}`;
    const pooling = tf.layers.maxPooling2d({ name: `${stage}/pool`, poolSize: 2, strides: 2 });
    const pooled = pool ? applyLayer(pooling, features) : features;
    const pre = convNorm(tf, pooled, { name, kernelSize: 3, filters, bias: true });
    return { pre, output: activate(tf, pre, "relu", name) };
  });
}

/**
 * VGG with batch norm for small images, as in the distillation benchmarks: stages of 64, 128, 256, 512 and 512 channels
 * at strides 1, 2, 4, 8 and 8, then one dense layer instead of three. Its convolutions have biases, as published.
 *
 * @see Simonyan, Zisserman (2014), arXiv:1409.1556
 */
export const vgg: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesVggOptions>("backbones", {
  id: "vgg",
  summary: "VGG with batch norm for small images, 8 to 19 layers",
  reference: "arXiv:1409.1556",
  cacheVersion: 1,
  create: (options, context): Backbone => ({
    name: `vgg-${options.depth}`,
    build: (input) => buildVgg(context.tf, options, input),
  }),
});
