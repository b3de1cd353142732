/** How the batches of an epoch make updates. */
export interface UpdatePlan {
  readonly samples: number;
  readonly batchSize: number;
  /** Batches of an update. */
  readonly accumulate: number;
}

/** Where a batch stands among those of its update. */
export interface UpdatePlace {
  /** Number of the update in its epoch, from 0, and how many an epoch has. */
  readonly update: number;
  readonly updates: number;
  readonly first: boolean;
  /** The batch after which weights change: the last of its group, and the last of the epoch. */
  readonly last: boolean;
  /** The batch's share of the samples of its update. */
  readonly share: number;
}

/**
 * Groups the batches of an epoch. A group that the epoch's end cuts short makes an update of its own, so that no
 * gradient is carried into the next epoch or lost with the last one. Each batch counts by its samples.
 *
 * @param step number of the batch in its epoch, from 0
 */
export function updatePlace({ samples, batchSize, accumulate }: UpdatePlan, step: number): UpdatePlace {
  const steps = Math.ceil(samples / batchSize);
  const update = Math.floor(step / accumulate);
  const begin = update * accumulate;
  const end = Math.min(steps, begin + accumulate);
  const size = Math.min(batchSize, samples - step * batchSize);
  const groupSize = Math.min(samples, end * batchSize) - begin * batchSize;
  return {
    update,
    updates: Math.ceil(steps / accumulate),
    first: step === begin,
    last: step + 1 === end,
    share: size / groupSize,
  };
}
