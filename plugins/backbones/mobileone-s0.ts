import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Backbone, type BuiltBackbone, defineProvider, type ProviderOf, type Tf } from "../../core/index.ts";
import type { BackbonesMobileoneS0Options } from "../options.ts";
import { activate } from "./parts/activation.ts";
import { applyLayer, channelsOf } from "./parts/apply-layer.ts";
import { conv, convNorm, normalize } from "./parts/conv-norm.ts";
import { fuseBranches } from "./parts/fuse-branches.ts";
import { roundChannels } from "./parts/round-channels.ts";
import { buildStages, type Result, repeated, toStages } from "./parts/stages.ts";
import { resolveStem } from "./parts/stem.ts";

/** Channels and blocks of each stage of S0: table 2 of the paper. Each begins with a stride of 2. */
const stages = [
  { channels: 48, blocks: 2 },
  { channels: 128, blocks: 8 },
  { channels: 256, blocks: 10 },
  { channels: 1024, blocks: 1 },
] as const;
const stemChannels = 48;
/** Copies of each convolution while training: k = 4 for S0. */
const copies = 4;

interface Part {
  readonly name: string;
  readonly kernelSize: 1 | 3;
  readonly stride: number;
  /** Output channels; left out for a depthwise convolution. */
  readonly filters?: number;
  readonly copies: number;
}

/** Adds one convolution, in the form of training or of use. */
type AddPart = (tf: Tf, input: SymbolicTensor, part: Part) => Result;

/** The sum of copies of the convolution, a 1×1 one and the input itself, each with its batch norm, then ReLU. */
function trained(tf: Tf, input: SymbolicTensor, { name, copies: count, ...options }: Part): Result {
  const branches = Array.from({ length: count }, (_, i) =>
    convNorm(tf, input, { ...options, name: `${name}/branch${i + 1}` }),
  );
  if (options.kernelSize > 1) branches.push(convNorm(tf, input, { ...options, kernelSize: 1, name: `${name}/scale` }));
  if (options.stride === 1 && (options.filters ?? channelsOf(input)) === channelsOf(input)) {
    branches.push(normalize(tf, input, `${name}/identity`));
  }
  const pre = applyLayer(tf.layers.add({ name: `${name}/add` }), branches);
  return { pre, output: activate(tf, pre, "relu", name) };
}

/** One convolution with a bias, then ReLU. */
function deployed(tf: Tf, input: SymbolicTensor, { copies: _, ...options }: Part): Result {
  const pre = conv(tf, input, { ...options, bias: true });
  return { pre, output: activate(tf, pre, "relu", options.name) };
}

function build(tf: Tf, options: BackbonesMobileoneS0Options, input: SymbolicTensor, add: AddPart): BuiltBackbone {
  const { width } = options;
  const stemKind = resolveStem(options.stem, input);
  const stem = { name: "stem", kernelSize: 3, filters: roundChannels(stemChannels * width), copies: 1 } as const;
  const start = add(tf, input, { ...stem, stride: stemKind === "cifar" ? 1 : 2 });
  const blocks = stages.flatMap(({ channels, blocks: count }, group) =>
    repeated(count, 2, { filters: roundChannels(channels * width) }).map((block, i) => ({
      ...block,
      name: `group${group + 1}/block${i + 1}`,
    })),
  );
  return buildStages(start, toStages(blocks, stemKind), (features, { name, filters, stride }) => {
    const depthwise = { name: `${name}/depthwise`, kernelSize: 3, stride, copies } as const;
    const filtered = add(tf, features, depthwise);
    return add(tf, filtered.output, { name: `${name}/pointwise`, kernelSize: 1, stride: 1, filters, copies });
  });
}

/**
 * MobileOne-S0. While it trains each convolution is a sum of several, each with its batch norm; for use they become
 * one. Stages end before each halving: 48 (the stem), 48, 128, 256 and 1 024 channels (width 1) at strides 2, 4, 8, 16,
 * 32; with the cifar stem at 1, 1, 2, 4, 8.
 *
 * @see Vasu, Gabriel, Zhu, Tuzel, Ranjan (2022), arXiv:2206.04040
 */
export const mobileoneS0: ProviderOf<"backbones"> = defineProvider<"backbones", BackbonesMobileoneS0Options>(
  "backbones",
  {
    id: "mobileone-s0",
    summary: "MobileOne-S0, whose branches become one convolution",
    reference: "arXiv:2206.04040",
    cacheVersion: 1,
    create: (options, { tf }): Backbone => ({
      name: `mobileone-s0-${options.width}`,
      build: (input) => build(tf, options, input, trained),
      deployed: { build: (input) => build(tf, options, input, deployed), fuse: fuseBranches },
    }),
  },
);
