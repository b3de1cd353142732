import type { ProviderUse } from "../../../core/index.ts";
import type { MeasuredSetup } from "../step/measure.ts";
import type { StepPace } from "../step/rival-protocol.ts";

/** A detector of the bench, and the images that it trains on. */
export interface BenchDetector {
  readonly id: string;
  readonly title: string;
  /** With all of its options. */
  readonly backbone: ProviderUse;
  readonly neckWidth: number;
  /** Height and width of the images, which have three channels. */
  readonly side: number;
  readonly batchSize: number;
}

export const detectors: readonly BenchDetector[] = [
  {
    id: "mobilenet-v2",
    title: "MobileNetV2 0.5, neck 0.5",
    backbone: { use: "mobilenet-v2", width: 0.5, stem: "imagenet" },
    neckWidth: 0.5,
    side: 320,
    batchSize: 8,
  },
  {
    id: "shufflenet-v2",
    title: "ShuffleNetV2 0.5, neck 0.25",
    backbone: { use: "shufflenet-v2", width: 0.5, stem: "imagenet", stemStride: 2 },
    neckWidth: 0.25,
    side: 160,
    batchSize: 16,
  },
];

export const assignments = ["anchor", "simota"] as const;
export type Assignment = (typeof assignments)[number];

/** What every rival trains with: YOLOv7's published gains and optimizer, at a tenth of its rate; no averages, no warm-up. */
export const training = {
  classes: 20,
  /** Different batches, shown in turn. */
  batches: 4,
  warmUpSteps: 5,
  settleSteps: 2,
  /** Boxes of an image: one to so many. */
  mostBoxes: 8,
  /** Small: on noise, batch norms of few cells make rounding grow with every update. */
  learningRate: 0.001,
  momentum: 0.937,
  /** Of kernels; not of biases, batch norms and implicit tensors. */
  weightDecay: 5e-4,
  gains: { box: 0.05, class: 0.5, objectness: 1 },
} as const;

/** `setup.json`: what the rivals, in whatever language, read. */
export interface DetectorSetup extends BenchDetector, MeasuredSetup, StepPace {
  readonly assign: Assignment;
  readonly classes: number;
  readonly batches: number;
  readonly mostBoxes: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly gains: Readonly<Record<"box" | "class" | "objectness", number>>;
}

/** One batch in host buffers. */
export interface DetectorBatch {
  /** `[batch, side, side, 3]` */
  readonly pixels: Uint8Array;
  /** `[batch, mostBoxes, 6]`: class, left, top, right, bottom in whole pixels, 1; rows without a box are −1. */
  readonly boxes: Float32Array;
}
