/** Eases a training in, on top of its schedule. */
export interface WarmUpOptions {
  /** How long, in epochs. */
  readonly epochs: number;
  /** Rate of biases and batch-norm offsets at the start, times the optimizer's. */
  readonly biasRate: number;
  /** Share of the velocity that is kept at the start; for optimizers that have one. */
  readonly momentum: number;
}

/** The rates and the momentum of an update. */
export interface WarmRates {
  readonly learningRate: number;
  readonly biasRate: number;
  readonly momentum: number;
}

/** Lasts as many updates even where epochs are short. */
const leastUpdates = 1000;
/** Share of all updates that it lasts at most. */
const mostShare = 0.1;

/** Updates of a warm-up: its epochs, 1 000 at least, a tenth of all at most. */
export function warmUpUpdates({ epochs }: WarmUpOptions, updatesPerEpoch: number, allUpdates: number): number {
  return Math.min(Math.max(Math.round(epochs * updatesPerEpoch), leastUpdates), Math.floor(mostShare * allUpdates));
}

/**
 * Straight lines over the warm-up's n updates: the rate from 0, that of biases from `biasRate` times the base, the
 * momentum from its own, to where the schedule and the optimizer have them.
 *
 * @param update number of the update, from 0
 * @param length of {@link warmUpUpdates}
 * @param scheduled what the schedule has the rate at
 * @see Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696, and its published code
 */
export function warmRates(
  { biasRate, momentum: startMomentum }: WarmUpOptions,
  { update, length }: { readonly update: number; readonly length: number },
  { scheduled, base, momentum }: { readonly scheduled: number; readonly base: number; readonly momentum: number },
): WarmRates {
  const share = length === 0 ? 1 : Math.min(1, update / length);
  const between = (from: number, to: number): number => (1 - share) * from + share * to;
  return {
    learningRate: share * scheduled,
    biasRate: between(biasRate * base, scheduled),
    momentum: between(startMomentum, momentum),
  };
}
