import type { Choices } from "./choices.ts";
import { flow } from "./flow.ts";
import { detectorTraining, isDetection } from "./settled.ts";

/** Images up to this side are learned by networks without strides at their beginning. */
export const smallSide = 64;

/** The longer side that networks see. */
export function sideOf({ imageSize, source }: Pick<Choices, "imageSize" | "source">): number {
  return imageSize ?? Math.max(...(source.found.sizes[0] ?? [smallSide]));
}

/** Images of a batch: few of few images, so that an epoch has updates enough, and few where they are large. */
export function usualBatch(images: number, side: number): number {
  if (side > 224) return 8;
  const most = side > smallSide ? 32 : 64;
  return Math.min(most, Math.max(8, 2 ** Math.floor(Math.log2(Math.max(1, images) / 16))));
}

/** Samples that a training of the usual length sees: photos take ten times as long as small pictures. */
const usualSamples = { small: 90_000, large: 60_000 };
/** Updates below which a network has learned little. */
const fewestUpdates = 1500;
const epochs = { fewest: 4, usual: 30, most: 120 };

/** So many that all samples are some ten thousands, and the updates no fewer than it takes; 4 to 120. */
export function usualLength(images: number, side: number): number {
  const samples = side > smallSide ? usualSamples.large : usualSamples.small;
  const bySamples = Math.min(epochs.usual, Math.round(samples / Math.max(1, images)));
  const byUpdates = Math.ceil((fewestUpdates * usualBatch(images, side)) / Math.max(1, images));
  const length = Math.min(epochs.most, Math.max(epochs.fewest, bySamples, byUpdates));
  return length > 10 ? 5 * Math.ceil(length / 5) : length;
}

/** Weights of the largest student for which a MobileNet is teacher enough. */
const smallStudent = 1_500_000;

/**
 * The backbone of a classifier that is trained as the teacher: larger than the student, and no larger than two
 * processor cores train in some minutes. A ResNet-18 takes three to four times as long on photos.
 */
export function teacherBackbone(studentParameters: number, side: number): unknown {
  if (side <= smallSide) return { use: "resnet", depth: 14 };
  return studentParameters <= smallStudent ? "mobilenet-v1" : { use: "resnet", depth: 18 };
}

/** Batches, optimizer and schedule, by the task and the size of the images. */
export function trainingLines(choices: Choices): readonly string[] {
  const { found, supplied } = choices.source;
  if (isDetection(supplied.provider.task)) {
    return Object.entries(detectorTraining).map(([option, value]) => `    ${option}: ${flow(value)}`);
  }
  const isLarge = sideOf(choices) > smallSide;
  const batchSize = usualBatch(found.counts.train ?? 1, sideOf(choices));
  const optimizer = isLarge
    ? { use: "adamw", learningRate: 0.005, weightDecay: 0.05 }
    : { use: "sgd", learningRate: 0.1, momentum: 0.9, weightDecay: 0.0005 };
  return [
    `    batchSize: ${batchSize}`,
    ...(isLarge ? ["    sampling: balanced # folders of photos are seldom of one size"] : []),
    `    optimizer: ${flow(optimizer)}`,
    `    schedule: { use: warm-up, epochs: ${choices.epochs > 4 ? 1 : 0.5}, then: cosine }`,
  ];
}
