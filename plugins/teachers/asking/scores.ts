/** What a classifier's output is: logits, or probabilities of a softmax. */
export type ScoreKind = "logits" | "probabilities";

/** Room for rounding in sums of probabilities; float16 keeps three digits. */
const sumTolerance = 2e-3;

/** Logarithm of the smallest normal float32: what a probability of zero becomes. */
const leastProbability = 2 ** -126;

/**
 * Tells probabilities from logits: all rows are ≥ 0 and sum to 1.
 *
 * @param scores `[rows, classes]`
 */
export function scoreKindOf(scores: Float32Array, classes: number): ScoreKind {
  const rows = scores.length / classes;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let place = row * classes; place < (row + 1) * classes; place++) {
      const score = scores[place] ?? Number.NaN;
      if (!(score >= 0)) return "logits";
      sum += score;
    }
    if (!(Math.abs(sum - 1) <= sumTolerance)) return "logits";
  }
  return rows === 0 ? "logits" : "probabilities";
}

/** Whether all scores lie in 0…1 without being probabilities of one choice: sigmoids that are independent of each other. */
export function looksLikeSigmoids(scores: Float32Array, classes: number): boolean {
  return scores.every((score) => score >= 0 && score <= 1) && scoreKindOf(scores, classes) === "logits";
}

/** Scores as logits, in place: of probabilities the logarithm, whose softmax at temperature 1 gives them back. */
export function asLogits(scores: Float32Array, kind: ScoreKind): Float32Array {
  if (kind === "logits") return scores;
  for (const [place, score] of scores.entries()) scores[place] = Math.log(Math.max(score, leastProbability));
  return scores;
}
