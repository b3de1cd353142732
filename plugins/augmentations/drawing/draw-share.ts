import type { Rng } from "../../../core/index.ts";

/** Shares are whole multiples of 1 / this: exact in float32, and the same where a last bit of `Math.log` differs. */
const shareSteps = 2 ** 20;

/**
 * A share drawn from Beta(alpha, alpha): X / (X + Y) of two draws from Gamma(alpha), taken by their logarithms so that
 * small alphas, whose draws are too small for float64, still give 0 or 1.
 */
export function drawShare(rng: Rng, alpha: number): number {
  const difference = logGamma(rng, alpha) - logGamma(rng, alpha);
  return Math.round(shareSteps / (1 + Math.exp(-difference))) / shareSteps;
}

/**
 * The logarithm of a draw from Gamma(alpha, 1).
 *
 * @see Marsaglia, Tsang (2000), "A simple method for generating gamma variables", §2, and §6 for alpha below 1
 */
function logGamma(rng: Rng, alpha: number): number {
  if (alpha < 1) return logGamma(rng, alpha + 1) + Math.log(1 - rng.uniform()) / alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - rng.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
