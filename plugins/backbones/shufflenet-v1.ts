import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesShufflenetV1Options } from "../options.ts";
import { relu } from "./parts/activation.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { shuffleChannels } from "./parts/channels.ts";
import { convBlock, convNorm, convResult, pad } from "./parts/conv-norm.ts";
import { buildStages, linear, type Result, repeated } from "./parts/stages.ts";
import { maxPool, resolveStem } from "./parts/stem.ts";

/** Units of stages 2, 3 and 4, the one of stride 2 included: table 1 of the paper. */
const stageUnits = [4, 8, 4] as const;
/** Channels of stages 2, 3 and 4 with three groups at width 1. */
const stageChannels = [240, 480, 960] as const;
const groups = 3;
const stemChannels = 24;
/** Published stems that are not 24 channels wide. */
const publishedStems: Readonly<Record<number, number>> = { 0.5: 12, 2: 48 };
/** Convolutions inside a unit have a quarter of its channels. */
const bottleneckRatio = 4;

/** Channels of a stage; unpublished widths are rounded so that groups and bottlenecks divide them. */
function stageWidth(channels: number, width: number): number {
  const multiple = groups * bottleneckRatio;
  return Math.max(multiple, Math.round((channels * width) / multiple) * multiple);
}

interface Unit {
  readonly name: string;
  readonly channels: number;
  readonly stride: number;
  readonly afterStem: boolean;
}

/** Grouped 1×1, shuffle, depthwise 3×3, grouped 1×1; joined with the input, or with its averages where it halves. */
function shuffleUnit(tf: Tf, input: SymbolicTensor, { name, channels, stride, afterStem }: Unit): Result {
  const mixed = channels / bottleneckRatio;
  // the stem gives few channels, which are not worth grouping
  const first = afterStem ? 1 : groups;
  const reduce = { name: `${name}/conv1`, kernelSize: 1, filters: mixed, groups: first, activation: "relu" } as const;
  const reduced = convBlock(tf, input, reduce);
  const shuffled = first === 1 ? reduced : shuffleChannels(tf, reduced, groups, `${name}/shuffle`);
  const filtered = convNorm(tf, shuffled, { name: `${name}/depthwise`, kernelSize: 3, stride });
  const filters = stride === 1 ? channels : channels - channelsOf(input);
  const branch = convNorm(tf, filtered, { name: `${name}/conv2`, kernelSize: 1, filters, groups });
  if (stride === 1) {
    const pre = applyLayer(tf.layers.add({ name: `${name}/add` }), [input, branch]);
    return { pre, output: relu(tf, pre, `${name}/relu`) };
  }
  const pool = tf.layers.averagePooling2d({ name: `${name}/pool`, poolSize: 3, strides: stride, padding: "valid" });
  const averages = applyLayer(pool, pad(tf, input, `${name}/pool/pad`));
  const joined = (own: string, second: SymbolicTensor): SymbolicTensor =>
    applyLayer(tf.layers.concatenate({ name: `${name}/${own}`, axis: -1 }), [averages, second]);
  return { pre: joined("pre", branch), output: joined("concat", relu(tf, branch, `${name}/relu`)) };
}

function buildShufflenetV1(
  tf: Tf,
  { width, stem }: BackbonesShufflenetV1Options,
  input: SymbolicTensor,
): BuiltBackbone {
  const large = resolveStem(stem, input) === "imagenet";
  const first = large ? ({ kernelSize: 3, stride: 2 } as const) : ({ kernelSize: 1 } as const);
  const filters = publishedStems[width] ?? stemChannels;
  const start = convResult(tf, input, { name: "stem", filters, activation: "relu", ...first });
  return buildStages(
    linear(large ? maxPool(tf, start.output, "stem/pool") : start.output),
    stageUnits.map((units, i) => repeated(units, 2, { channels: stageWidth(stageChannels[i] ?? 0, width) })),
    (features, unit, stage, number) => {
      const afterStem = stage === "stage2" && number === 1;
      return shuffleUnit(tf, features, { ...unit, name: `${stage}/unit${number}`, afterStem });
    },
    [start],
  );
}

/**
 * ShuffleNetV1 with three groups. `stage1` is the stem's convolution, the others are those of the paper; at strides 2,
 * 8, 16, 32 with the imagenet stem, 1, 2, 4, 8 with the cifar stem, which is a 1×1 convolution.
 *
 * @see Zhang, Zhou, Lin, Sun (2017), arXiv:1707.01083
 */
export const shufflenetV1: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesShufflenetV1Options>(
  "backbones",
  {
    id: "shufflenet-v1",
    summary: "ShuffleNetV1 with three groups, at any width",
    reference: "arXiv:1707.01083",
    cacheVersion: 1,
    create: (options, context): Backbone => ({
      name: `shufflenet-v1-${options.width}`,
      build: (input) => buildShufflenetV1(context.tf, options, input),
    }),
  },
);
