import type { Rng } from "../../../core/index.ts";

/** How an epoch's samples are chosen: each of them once, or drawn so that every class comes equally often. */
export type Sampling = "once" | "balanced";

/**
 * Indices of the samples of one epoch, in order; as many as there are samples.
 *
 * `balanced` draws with replacement: a class with equal chance among those that have samples, then a sample of it, which
 * is PyTorch's `WeightedRandomSampler` with the weight 1 / n_c for samples of a class of n_c. Samples of rare classes
 * come several times in an epoch, others not at all.
 *
 * @param groups class of each sample, where they are to come equally often
 */
export function epochOrder(rng: Rng, count: number, groups?: ArrayLike<number>): Uint32Array {
  if (groups === undefined) return rng.permutation(count);
  const byClass = new Map<number, number[]>();
  for (let index = 0; index < count; index++) {
    const label = groups[index] ?? -1;
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [index]);
    else members.push(index);
  }
  const classes = [...byClass].sort(([a], [b]) => a - b).map(([, members]) => members);
  return Uint32Array.from({ length: count }, () => {
    const members = classes[rng.integer(classes.length)] ?? [];
    return members[rng.integer(members.length)] ?? 0;
  });
}
