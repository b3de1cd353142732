import type { DatasetSplit, ImageSize } from "../../core/index.ts";
import { classLabels } from "../../plugins/tasks/classification/class-labels.ts";

/** How pixels of 0…255 become a model's input. */
export interface Scaling {
  readonly scale: number;
  readonly offset: number;
}

/** Logits are pixels / 255 times `kernel` `[features, classes]` plus `bias` `[classes]`. */
export interface LinearClassifier {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/**
 * The classifier by the nearest mean of each class, as a linear map of scaled pixels in the order height, width,
 * channels: logits_c = s (m_c · x − |m_c|² / 2). It gets about four of five of MNIST's digits right.
 *
 * @returns `kernel` `[features, classes]`, `bias` `[classes]`
 */
export async function meanClassifier(
  split: DatasetSplit,
  size: ImageSize,
  classes: number,
  { scale, offset }: Scaling = { scale: 1 / 255, offset: 0 },
): Promise<LinearClassifier> {
  const features = size.height * size.width * size.channels;
  const pixels = await pixelsOf(split, size);
  const means = new Float64Array(classes * features);
  const counts = new Float64Array(classes);
  for (const [index, label] of classLabels(split).entries()) {
    counts[label] = (counts[label] ?? 0) + 1;
    for (let f = 0; f < features; f++) {
      const at = label * features + f;
      means[at] = (means[at] ?? 0) + (pixels[index * features + f] ?? 0) * scale + offset;
    }
  }
  const kernel = new Float32Array(features * classes);
  const bias = new Float32Array(classes);
  const sharpness = 10 / features;
  for (let c = 0; c < classes; c++) {
    let square = 0;
    for (let f = 0; f < features; f++) {
      const mean = (means[c * features + f] ?? 0) / Math.max(1, counts[c] ?? 1);
      kernel[f * classes + c] = mean * sharpness;
      square += mean * mean;
    }
    bias[c] = (-square / 2) * sharpness;
  }
  return { kernel, bias };
}

/** The share of a split's images that a classifier gets right, computed here in float64. */
export async function linearAccuracy(
  split: DatasetSplit,
  size: ImageSize,
  { kernel, bias }: LinearClassifier,
): Promise<number> {
  const features = size.height * size.width * size.channels;
  const pixels = await pixelsOf(split, size);
  const labels = classLabels(split);
  let hits = 0;
  for (let image = 0; image < split.count; image++) {
    const own = pixels.subarray(image * features, (image + 1) * features);
    const logits = linearLogits(own, { kernel, bias });
    if (logits.indexOf(Math.max(...logits)) === labels[image]) hits += 1;
  }
  return hits / split.count;
}

/** The logits of one image, in float64. */
export function linearLogits(pixels: Uint8Array, { kernel, bias }: LinearClassifier): number[] {
  const classes = bias.length;
  return Array.from(bias, (start, c) =>
    pixels.reduce((sum, pixel, f) => sum + ((kernel[f * classes + c] ?? 0) * pixel) / 255, start),
  );
}

/** All images of a split, without augmentation. */
async function pixelsOf(split: DatasetSplit, size: ImageSize): Promise<Uint8Array> {
  const indices = Int32Array.from({ length: split.count }, (_, index) => index);
  const pixels = new Uint8Array(split.count * size.height * size.width * size.channels);
  await split.render(indices, undefined, size, pixels);
  return pixels;
}
