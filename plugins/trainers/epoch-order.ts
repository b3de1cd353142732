import type { Rng } from "../../core/index.ts";

/** How an epoch's samples are chosen: each of them once, or drawn so that every class comes equally often. */
export type Sampling = "once" | "balanced";

/**
 * Indices of the samples of one epoch, in order; as many as there are samples.
 *
 * `balanced` draws with replacement: a class with equal chance among those that have samples, then a sample of it, which
 * is PyTorch's `WeightedRandomSampler` with the weight 1 / n_c for samples of a class of n_c. Samples of rare classes
 * come several times in an epoch, others not at all.
 *
 * @param labels `[samples]`
 */
export function epochOrder(rng: Rng, labels: Int32Array, sampling: Sampling = "once"): Uint32Array {
  if (sampling === "once") return rng.permutation(labels.length);
  const byClass = new Map<number, number[]>();
  for (const [index, label] of labels.entries()) {
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [index]);
    else members.push(index);
  }
  const classes = [...byClass].sort(([a], [b]) => a - b).map(([, members]) => members);
  return Uint32Array.from(labels, () => {
    const members = classes[rng.integer(classes.length)] ?? [];
    return members[rng.integer(members.length)] ?? 0;
  });
}
