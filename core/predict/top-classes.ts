/** A class with its probability. */
export interface ClassProbability {
  readonly class: string;
  readonly probability: number;
}

/**
 * The most probable classes of one image, the most probable first; of equal ones the earlier class.
 *
 * @param scores `[classes]`, logits or probabilities
 * @param count how many classes; fewer where the model has fewer
 */
export function topClasses(
  scores: Float32Array,
  outputs: "logits" | "probabilities",
  classNames: readonly string[],
  count: number,
): readonly ClassProbability[] {
  const probs = outputs === "probabilities" ? scores : softmax(scores);
  const order = Array.from(probs.keys()).sort((a, b) => (probs[b] ?? 0) - (probs[a] ?? 0) || a - b);
  return order
    .slice(0, count)
    .map((place) => ({ class: classNames[place] ?? String(place), probability: probs[place] ?? 0 }));
}

/** In double precision, from the largest logit on, so that nothing overflows. */
function softmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
