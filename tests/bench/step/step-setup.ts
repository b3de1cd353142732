import type { ProviderUse } from "../../../core/index.ts";
import type { StepPace } from "./rival-protocol.ts";

/** A network of the bench, and the images that it trains on. */
export interface BenchNetwork {
  readonly id: string;
  readonly title: string;
  /** With all of its options. */
  readonly backbone: ProviderUse;
  /** Height and width of the images, which have three channels. */
  readonly side: number;
  readonly batchSize: number;
}

export const networks: readonly BenchNetwork[] = [
  {
    id: "mobilenet-v2",
    title: "MobileNetV2 0.5",
    backbone: { use: "mobilenet-v2", width: 0.5, stem: "imagenet" },
    side: 96,
    batchSize: 32,
  },
  {
    id: "mobilenet-v1",
    title: "MobileNetV1 0.5",
    backbone: { use: "mobilenet-v1", width: 0.5, stem: "imagenet", padding: "symmetric" },
    side: 96,
    batchSize: 32,
  },
  {
    id: "shufflenet-v2",
    title: "ShuffleNetV2 1.0",
    backbone: { use: "shufflenet-v2", width: 1, stem: "imagenet", stemStride: 2 },
    side: 64,
    batchSize: 64,
  },
  {
    id: "resnet",
    title: "ResNet-20",
    backbone: { use: "resnet", depth: 20, width: 1, shortcut: "projection", stem: "cifar" },
    side: 32,
    batchSize: 128,
  },
];

/** What every rival trains with: 0.1 · cross-entropy + 0.9 · kd, momentum SGD. */
export const training = {
  classes: 100,
  /** Different batches, shown in turn. */
  batches: 4,
  warmUpSteps: 5,
  /** Steps at the start of a round that are not timed: caches and threads come back from another rival's turn. */
  settleSteps: 2,
  learningRate: 0.01,
  momentum: 0.9,
  /** Of kernels; not of biases and batch norms. */
  weightDecay: 1e-4,
  hardWeight: 0.1,
  softWeight: 0.9,
  temperature: 4,
} as const;

/** `setup.json`: what the rivals, in whatever language, read. */
export interface StepSetup extends BenchNetwork, StepPace {
  readonly classes: number;
  readonly batches: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly hardWeight: number;
  readonly softWeight: number;
  readonly temperature: number;
  /** Trained weights of the network. */
  readonly parameters: number;
}

/** One batch in host buffers. */
export interface StepBatch {
  /** `[batch, side, side, 3]` */
  readonly pixels: Uint8Array;
  /** `[batch]` */
  readonly labels: Int32Array;
  /** `[batch, classes]` */
  readonly teacherLogits: Float32Array;
}
