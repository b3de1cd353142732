import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { BuiltBackbone, Tf } from "../../../core/index.ts";
import { type Activation, activate } from "./activation.ts";
import { applyLayer, channelsOf } from "./apply-layer.ts";
import { convBlock, convNorm, convResult } from "./conv-norm.ts";
import { roundChannels } from "./round-channels.ts";
import { squeezeExcite } from "./squeeze-excite.ts";
import { buildStages, linear, toStages } from "./stages.ts";
import { resolveStem } from "./stem.ts";

/** Kernel size, hidden channels, output channels, squeeze-and-excitation, activation, stride: a row of the tables. */
export type V3Row = readonly [3 | 5, number, number, "se" | "-", "RE" | "HS", 1 | 2];

export interface V3Network {
  readonly width: number;
  readonly stem: "auto" | "imagenet" | "cifar";
  readonly rows: readonly V3Row[];
  /** Features of the dense layer before the classes, at width 1. */
  readonly hidden: number;
}

interface Block {
  readonly name: string;
  readonly kernelSize: 3 | 5;
  readonly hidden: number;
  readonly channels: number;
  readonly squeeze: boolean;
  readonly activation: Activation;
  readonly stride: number;
}

const stemChannels = 16;
/** Squeeze-and-excitation keeps a quarter of the channels. */
const squeezeRatio = 4;
/** Channels of the last convolution over those of the last block. */
const lastExpansion = 6;
/** The paper's networks were trained with these; 0.99 of the old averages. */
const norm = { epsilon: 1e-3, momentum: 0.99 } as const;

function invertedResidual(tf: Tf, input: SymbolicTensor, block: Block): SymbolicTensor {
  const { name, kernelSize, hidden, channels, squeeze, activation, stride } = block;
  const expand = { name: `${name}/expand`, kernelSize: 1, filters: hidden, activation, norm } as const;
  const expanded = hidden === channelsOf(input) ? input : convBlock(tf, input, expand);
  const filtered = convBlock(tf, expanded, { name: `${name}/depthwise`, kernelSize, stride, activation, norm });
  const gated = squeeze ? squeezeExcite(tf, filtered, roundChannels(hidden / squeezeRatio), `${name}/se`) : filtered;
  const projected = convNorm(tf, gated, { name: `${name}/project`, kernelSize: 1, filters: channels, norm });
  if (stride !== 1 || channelsOf(input) !== channels) return projected;
  return applyLayer(tf.layers.add({ name: `${name}/add` }), [input, projected]);
}

/** Builds MobileNetV3 from one of its tables; the last convolution and the hidden dense layer follow its last block. */
export function buildMobilenetV3(tf: Tf, network: V3Network, input: SymbolicTensor): BuiltBackbone {
  const { width, rows } = network;
  const stemKind = resolveStem(network.stem, input);
  const stem = { name: "stem", kernelSize: 3, filters: roundChannels(stemChannels * width), norm } as const;
  const start = convResult(tf, input, { ...stem, stride: stemKind === "cifar" ? 1 : 2, activation: "hard-swish" });
  const blocks = rows.map(
    ([kernelSize, hidden, channels, squeeze, activation, stride], i): Block => ({
      name: `block${i + 1}`,
      kernelSize,
      hidden: roundChannels(hidden * width),
      channels: roundChannels(channels * width),
      squeeze: squeeze === "se",
      activation: activation === "RE" ? "relu" : "hard-swish",
      stride,
    }),
  );
  const { taps, output } = buildStages(start, toStages(blocks, stemKind), (features, block) =>
    linear(invertedResidual(tf, features, block)),
  );
  const filters = lastExpansion * channelsOf(output);
  const units = roundChannels(network.hidden * width);
  return {
    taps,
    output: convBlock(tf, output, { name: "last", kernelSize: 1, filters, activation: "hard-swish", norm }),
    hidden: (pooled) => {
      const dense = tf.layers.dense({ name: "hidden", units, kernelInitializer: "zeros" });
      return activate(tf, applyLayer(dense, pooled), "hard-swish", "hidden");
    },
  };
}
