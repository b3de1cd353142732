/** Standard deviations above chance, as those of the accuracy over all samples. */
const deviations = 3;

/** How far answers know one class from another, whatever the classes' sizes. */
export interface PerClass {
  /** Mean over the classes that occur of the share of their samples that is answered right. */
  readonly recall: number;
  /** What the same answers get on average in a random order. */
  readonly chance: number;
  /** What they hardly ever get. */
  readonly bound: number;
}

/**
 * Recall by class against that of the same answers in any order: with p_c the share of answers c, n_c the samples of c and
 * k classes that occur, chance is Σ p_c / k, and its variance Σ p_c (1 − p_c) / n_c / k². Where one class is frequent,
 * accuracy over all samples is high for answers that say nothing.
 *
 * @param answers first class of each answer, `[count]`
 * @param labels `[count]`
 */
export function perClass(answers: Int32Array, labels: Int32Array, classes: number): PerClass {
  const samples = new Float64Array(classes);
  const right = new Float64Array(classes);
  const said = new Float64Array(classes);
  const add = (to: Float64Array, place: number): void => {
    to[place] = (to[place] ?? 0) + 1;
  };
  for (const [row, label] of labels.entries()) {
    add(samples, label);
    add(said, answers[row] ?? 0);
    if (answers[row] === label) add(right, label);
  }
  const present = [...samples.keys()].filter((place) => (samples[place] ?? 0) > 0);
  const meanOf = (value: (place: number) => number): number =>
    present.reduce((sum, place) => sum + value(place), 0) / present.length;
  const share = (place: number): number => (said[place] ?? 0) / labels.length;
  const chance = meanOf(share);
  const variance = meanOf((place) => (share(place) * (1 - share(place))) / (samples[place] ?? 1)) / present.length;
  return {
    recall: meanOf((place) => (right[place] ?? 0) / (samples[place] ?? 1)),
    chance,
    // one class alone cannot be told from others
    bound: present.length < 2 ? 0 : chance + deviations * Math.sqrt(variance),
  };
}
