import type { SymbolicTensor } from "@tensorflow/tfjs";
import { KdflowError, type Tf } from "../../../core/index.ts";
import { applyLayer, channelsOf } from "../../backbones/parts/apply-layer.ts";
import { cropChannels } from "../../backbones/parts/channels.ts";
import type { NetworksClassifierOptions } from "../../options.ts";

export type Normalize = NetworksClassifierOptions["normalize"];

/** Mean and deviation of ImageNet's pixels, scaled to 0…1, as torchvision and timm subtract and divide by them. */
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/**
 * Adds the layers that scale pixels of 0…255: one rescaling, or one for each channel, since TensorFlow.js's has one
 * factor. None of them has weights.
 *
 * @param pixels `[batch, height, width, channels]`
 * @throws KDF_PLAN_OPTIONS where `normalize` is for another number of channels
 */
export function normalizePixels(tf: Tf, pixels: SymbolicTensor, normalize: Normalize): SymbolicTensor {
  const { means, deviations } = numbersOf(normalize);
  const channels = channelsOf(pixels);
  const wrong = [means, deviations].find(({ length }) => length !== 1 && length !== channels);
  if (wrong !== undefined) {
    const message = `\`normalize\` is for ${wrong.length} channels, and the images have ${channels}`;
    throw new KdflowError("KDF_PLAN_OPTIONS", message, {
      hint: "take `signed`, `unit`, or one mean and deviation for all channels",
      option: "/normalize",
    });
  }
  const scalingOf = (channel: number): { scale: number; offset: number } => {
    const [mean = 0, deviation = 1] = [means[channel] ?? means[0], deviations[channel] ?? deviations[0]];
    return { scale: 1 / (255 * deviation), offset: -mean / deviation };
  };
  if (means.length === 1 && deviations.length === 1) {
    return applyLayer(tf.layers.rescaling({ name: "normalize", ...scalingOf(0) }), pixels);
  }
  const scaled = Array.from({ length: channels }, (_, i) => {
    const name = `normalize/channel${i + 1}`;
    const channel = cropChannels(tf, pixels, i, 1, `${name}/crop`);
    return applyLayer(tf.layers.rescaling({ name, ...scalingOf(i) }), channel);
  });
  return applyLayer(tf.layers.concatenate({ name: "normalize", axis: -1 }), scaled);
}

/** Mean and deviation of pixels scaled to 0…1: of all channels, or of each. */
function numbersOf(normalize: Normalize): { means: readonly number[]; deviations: readonly number[] } {
  if (normalize === "signed") return { means: [0.5], deviations: [0.5] };
  if (normalize === "unit") return { means: [0], deviations: [1] };
  const { mean, std } = normalize === "imagenet" ? imagenet : normalize;
  return { means: [mean].flat(), deviations: [std].flat() };
}

/** Whether a setting is a named one, be it by its numbers. */
export function scalesAs(normalize: Normalize, named: Exclude<Normalize, object>): boolean {
  if (normalize === named) return true;
  const [own, other] = [numbersOf(normalize), numbersOf(named)];
  const length = Math.max(own.means.length, other.means.length, own.deviations.length, other.deviations.length);
  const at = (values: readonly number[], channel: number): number => values[channel] ?? values[0] ?? Number.NaN;
  return Array.from({ length }, (_, i) => i).every(
    (i) => at(own.means, i) === at(other.means, i) && at(own.deviations, i) === at(other.deviations, i),
  );
}
