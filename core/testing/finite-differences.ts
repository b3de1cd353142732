/** Large enough that rounding of float32 values stays small, small enough for a formula of fourth order. */
const step = 2e-2;

/**
 * The gradient of `f` at `values` by central differences of fourth order:
 * (f(x − 2h) − 8 f(x − h) + 8 f(x + h) − f(x + 2h)) / 12 h.
 *
 * @param values float32, any length
 */
export function slopes(values: ArrayLike<number>, f: (values: Float32Array) => number): Float64Array {
  const moved = (index: number, by: number): number => {
    const copy = Float32Array.from(values);
    copy[index] = (values[index] as number) + by;
    return f(copy);
  };
  return Float64Array.from({ length: values.length }, (_, i) => {
    const near = moved(i, step) - moved(i, -step);
    const far = moved(i, 2 * step) - moved(i, -2 * step);
    return (8 * near - far) / (12 * step);
  });
}

/** max|actual − expected| / max|expected|; the absolute difference where all that is expected is zero. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const delta = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(delta <= difference)) difference = delta; // takes NaN over
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return scale === 0 ? difference : difference / scale;
}
