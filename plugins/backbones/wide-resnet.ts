import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesWideResnetOptions } from "../options.ts";
import { relu } from "./parts/activation.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { conv, convBlock, normalize } from "./parts/conv-norm.ts";
import { buildStages, linear, repeated } from "./parts/stages.ts";

const stageWidths = [16, 32, 64] as const;

interface Block {
  readonly name: string;
  readonly filters: number;
  readonly stride: number;
}

/** Norm and ReLU come before each convolution; a shortcut that changes the width starts behind the first ReLU. */
function wideBlock(tf: Tf, input: SymbolicTensor, { name, filters, stride }: Block): SymbolicTensor {
  const active = relu(tf, normalize(tf, input, `${name}/enter`), `${name}/enter/relu`);
  const hidden = convBlock(tf, active, { name: `${name}/conv1`, kernelSize: 3, filters, stride, activation: "relu" });
  const branch = conv(tf, hidden, { name: `${name}/conv2`, kernelSize: 3, filters });
  const same = channelsOf(input) === filters;
  const shortcut = same ? input : conv(tf, active, { name: `${name}/shortcut`, kernelSize: 1, filters, stride });
  return applyLayer(tf.layers.add({ name: `${name}/add` }), [branch, shortcut]);
}

function buildWideResnet(tf: Tf, options: BackbonesWideResnetOptions, input: SymbolicTensor): BuiltBackbone {
  const { depth, width } = options;
  const start = conv(tf, input, { name: "stem", kernelSize: 3, filters: 16 });
  const { taps, output } = buildStages(
    linear(start),
    stageWidths.map((filters, i) => repeated((depth - 4) / 6, i === 0 ? 1 : 2, { filters: filters * width })),
    (features, block, stage, number) => linear(wideBlock(tf, features, { ...block, name: `${stage}/block${number}` })),
  );
  return { taps, output: relu(tf, normalize(tf, output, "last"), "last/relu") };
}

/**
 * Wide ResNet for small images: depth 6n + 4, n blocks in each of three stages at strides 1, 2 and 4, `width` times as
 * wide as a ResNet. Stages end in a sum; the last norm and ReLU lie behind `stage3`.
 *
 * @see Zagoruyko, Komodakis (2016), arXiv:1605.07146
 */
export const wideResnet: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesWideResnetOptions>(
  "backbones",
  {
    id: "wide-resnet",
    summary: "wide ResNet for small images",
    reference: "arXiv:1605.07146",
    cacheVersion: 1,
    create: (options, context): Backbone => ({
      name: `wide-resnet-${options.depth}-${options.width}`,
      build: (input) => buildWideResnet(context.tf, options, input),
    }),
  },
);
