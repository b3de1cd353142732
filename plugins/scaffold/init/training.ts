import type { Choices } from "./choices.ts";
import { flow } from "./flow.ts";
import { detectorTraining, isDetection } from "./settled.ts";

/** Images up to this side are learned by networks without strides at their beginning. */
export const smallSide = 64;

/** The longer side that networks see. */
export function sideOf({ imageSize, source }: Pick<Choices, "imageSize" | "source">): number {
  return imageSize ?? Math.max(...(source.found.sizes[0] ?? [smallSide]));
}

/** Batches, optimizer and schedule, by the task and the size of the images. */
export function trainingLines(choices: Choices): readonly string[] {
  const { found, supplied } = choices.source;
  if (isDetection(supplied.provider.task)) {
    return Object.entries(detectorTraining).map(([option, value]) => `    ${option}: ${flow(value)}`);
  }
  const isLarge = sideOf(choices) > smallSide;
  const batchSize =
    sideOf(choices) > 224 ? 8 : Math.min(64, Math.max(8, 2 ** Math.floor(Math.log2((found.counts.train ?? 64) / 8))));
  const optimizer = isLarge
    ? { use: "adamw", learningRate: 0.002, weightDecay: 0.05 }
    : { use: "sgd", learningRate: 0.1, momentum: 0.9, weightDecay: 0.0005 };
  return [
    `    batchSize: ${batchSize}`,
    ...(isLarge ? ["    sampling: balanced # folders of photos are seldom of one size"] : []),
    `    optimizer: ${flow(optimizer)}`,
    `    schedule: { use: warm-up, epochs: ${choices.epochs > 4 ? 1 : 0.5}, then: cosine }`,
  ];
}
