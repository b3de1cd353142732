import type { Rng } from "../../../core/index.ts";

/** Lower and upper end. */
export type Interval = readonly [number, number];

/** Enough that the ends of a 95 % interval move by about a fiftieth of its length from seed to seed. */
const replicates = 2000;

/**
 * Means of the differences as they would be on other samples of the same kind: each draws as many samples as there are,
 * with replacement, and the same ones for both models. Where a role was trained with several seeds, its models are drawn
 * too; their deviations are widened by √(n / (n − 1)), because a draw of n models varies less than n models do.
 *
 * @param differences of each sample, student minus baseline, averaged over seeds
 * @param ofSeeds mean of each model, for each role
 * @returns in ascending order
 * @see Efron (1979), "Bootstrap methods: another look at the jackknife"
 */
export function bootstrapMeans(
  differences: Float64Array,
  ofSeeds: readonly Float64Array[],
  rng: Pick<Rng, "uint32">,
): Float64Array {
  const random = fastWords(rng.uint32());
  const means = Float64Array.from({ length: replicates }, () => drawnMean(differences, random));
  for (const models of ofSeeds.filter(({ length }) => length > 1)) {
    const middle = models.reduce((sum, value) => sum + value, 0) / models.length;
    const widen = Math.sqrt(models.length / (models.length - 1));
    for (let i = 0; i < replicates; i++) means[i] = (means[i] ?? 0) + widen * (drawnMean(models, random) - middle);
  }
  return means.sort();
}

/** The middle 95 % of values in ascending order. */
export function middleOf(ascending: Float64Array): Interval {
  const at = (share: number): number => ascending[Math.round(share * (ascending.length - 1))] ?? Number.NaN;
  return [at(0.025), at(0.975)];
}

function drawnMean(values: Float64Array, random: () => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[Math.floor((random() / 2 ** 32) * values.length)] ?? 0;
  return sum / values.length;
}

/**
 * Words of 32 bits from a seed. A bootstrap over 50 000 samples draws 100 million, too many for the run's own
 * generator, which hashes a counter for each.
 *
 * @see Steele, Lea, Flood (2014), "Fast splittable pseudorandom number generators"; with the 32-bit finalizer of
 *   MurmurHash3
 */
function fastWords(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return (word ^ (word >>> 16)) >>> 0;
  };
}
