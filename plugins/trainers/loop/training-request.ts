import type { Network, Objective, Optimizer, Schedule, StageContext } from "../../../core/index.ts";
import { type BatchSource, samplesPerEpoch } from "../batches/batches.ts";
import type { StartWeights } from "../start/start-weights.ts";
import { type UpdatePlace, updatePlace } from "../step/update-place.ts";
import type { WarmUpOptions } from "../step/warm-up.ts";
import type { AverageOptions } from "../step/weight-averages.ts";
import type { LayerOptions } from "../step/weight-settings.ts";
import type { EarlyStop } from "./best-epoch.ts";

/** All that decides a training. */
export interface TrainingRequest extends LayerOptions {
  readonly context: StageContext;
  readonly source: BatchSource;
  readonly network: Network;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly epochs: number;
  readonly clipNorm?: number | undefined;
  readonly warmUp?: WarmUpOptions | undefined;
  /** The trainer's, which the truth may depend on. */
  readonly options?: object;
  /** Batches of an update; 1 unless given. */
  readonly accumulate?: number | undefined;
  /** Averages of the weights, which are then what is validated and kept. */
  readonly ema?: AverageOptions | undefined;
  readonly earlyStop?: EarlyStop | undefined;
  /** Epochs between two validations; 1 unless given. */
  readonly validateEvery?: number | undefined;
  /** Weights to start from; the seed's where left out. */
  readonly start?: StartWeights | undefined;
  /** Patterns of the layers that start from the seed all the same. */
  readonly fresh?: readonly string[] | undefined;
  /** A metric of the task, which has one of its own for it. */
  readonly bestMetric?: string | undefined;
  /** Whether each term's gradient is measured on the whole of an epoch's last batch, and not on some of its images. */
  readonly lossBalance?: boolean | undefined;
  /** Minutes between checkpoints inside an epoch; there is one after every epoch anyway. */
  readonly checkpointMinutes: number;
}

/** Where a batch of an epoch stands among those of its update. */
export function placeOf({ source, accumulate = 1 }: TrainingRequest, step: number): UpdatePlace {
  return updatePlace({ samples: samplesPerEpoch(source), batchSize: source.batchSize, accumulate }, step);
}
