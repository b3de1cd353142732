import {
  type Dataset,
  type ImageSize,
  type Model,
  type Network,
  type Objective,
  type ProviderUse,
  type Rng,
  type SoftLabels,
  type StageContext,
  sidesOf,
  type Teacher,
} from "../../../core/index.ts";
import { keepSheet } from "../../data/photos/keep-sheet.ts";
import { assertDataset } from "../../data/samples/assert-dataset.ts";
import type { BatchSource } from "../batches/batches.ts";
import type { Sampling } from "../batches/epoch-order.ts";
import { writeFirstBatches } from "../batches/first-batches.ts";
import type { SampleOrder } from "../batches/mixed-order.ts";
import { type LastEpochs, leftOut } from "../checks/last-epochs.ts";
import { writeModel } from "../start/model-files.ts";
import { readStart } from "../start/start-weights.ts";
import type { WarmUpOptions } from "../step/warm-up.ts";
import type { AverageOptions } from "../step/weight-averages.ts";
import type { LayerOptions } from "../step/weight-settings.ts";
import type { EarlyStop } from "./best-epoch.ts";
import { trainNetwork } from "./training-loop.ts";

/** Options that every trainer of this loop has. */
export interface TrainingOptions extends LayerOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: ProviderUse;
  readonly schedule: ProviderUse;
  readonly clipNorm?: number;
  readonly warmUp?: WarmUpOptions;
  readonly accumulate?: number;
  readonly ema?: AverageOptions;
  readonly earlyStop?: EarlyStop;
  readonly lastEpochs?: LastEpochs;
  readonly validateEvery?: number;
  readonly sampling?: Sampling;
  readonly lossBalance?: boolean;
  /** A metric of the task, which has one of its own for it. */
  readonly bestMetric?: string | undefined;
  readonly checkpointMinutes: number;
  readonly fresh?: readonly string[];
}

export interface TrainModelRequest {
  readonly context: StageContext;
  readonly options: TrainingOptions;
  readonly data: Dataset;
  /** Which samples an epoch shows; each one once unless given. */
  readonly order?: SampleOrder | undefined;
  readonly network: Network;
  readonly objective: Objective;
  readonly views?: number | undefined;
  readonly softLabels?: SoftLabels | undefined;
  readonly teacher?: Teacher | undefined;
  /** What the training starts from. */
  readonly weights?: Model | Teacher | undefined;
}

/** Trains a network on a dataset and writes the model into the stage's output folder. */
export async function trainModel(request: TrainModelRequest): Promise<void> {
  const { context, options, data, order, network, objective, views, softLabels, teacher, weights } = request;
  assertDataset(data, context);
  const inputSize = inputSizeOf(network, data);
  const { batchSize, sampling, lastEpochs, epochs } = options;
  const task = context.task(data.task);
  const orderOf = (epoch: number): Rng => context.rng("order", epoch);
  const withoutAt = leftOut(lastEpochs, epochs);
  if (lastEpochs !== undefined) {
    const from = Math.max(1, epochs - lastEpochs.epochs + 1);
    const message = `views are without ${lastEpochs.without.join(", ")} from epoch ${from} of ${epochs} on`;
    context.log.info("lastEpochs", { message, epoch: from });
  }
  const samples = { dataset: data, task, inputSize, batchSize, softLabels, teacher };
  const source: BatchSource = { ...samples, views, sampling, orderOf, order, withoutAt };
  const sheet = await writeFirstBatches(source, context);
  if (sheet !== undefined) {
    context.log.info("firstBatches", {
      message: `the first batches, with what is told of them: ${sheet.file}`,
      file: sheet.file,
    });
    await keepSheet(context.outputDir, sheet);
  }
  const trained = await trainNetwork({
    ...options,
    options,
    context,
    source,
    network,
    objective,
    optimizer: await context.provider("optimizers", options.optimizer),
    schedule: await context.provider("schedules", options.schedule),
    start: await readStart(weights, context.inputStages("weights")[0] ?? "weights"),
  });
  try {
    await writeModel(context.tf, context.outputDir, trained, data, inputSize);
  } finally {
    trained.dispose();
  }
}

/** The network's own input size where it has one, else the images'. */
/** The size at which a network sees the data's images. */
export function inputSizeOf(network: Network, data: Dataset): ImageSize {
  const { imageSize } = network;
  return imageSize === undefined ? data.imageSize : { ...data.imageSize, ...sidesOf(imageSize) };
}
