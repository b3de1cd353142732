/**
 * The one table of numeric tolerances. All are by norm, max|Δ| / max|reference|: element-wise relative errors mean
 * nothing in float32.
 */
export const tolerances = {
  /** Values and gradients against a reference or another backend. */
  value: 1e-5,
  /** Gradients against central differences of float32 values. */
  finiteDifferences: 1e-3,
} as const;

/** max|actual − expected| / max|expected|; the absolute difference where all that is expected is zero. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const delta = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(delta <= difference)) difference = delta; // also takes NaN over
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return scale === 0 ? difference : difference / scale;
}
