/** Round numbers along an axis; the axis reaches from the first to the last. */
export interface Ticks {
  readonly values: readonly number[];
  /** Writes any of the values, all with the same number of decimals. */
  readonly format: (value: number) => string;
}

/**
 * Ticks at multiples of 1, 2 or 5 times a power of ten that enclose `min` and `max`.
 *
 * @param count about how many steps
 * @param least the smallest step that makes sense: 1 where things are counted
 */
export function roundTicks(min: number, max: number, count: number, least = 0): Ticks {
  const range = max > min ? max - min : Math.abs(max) || 1;
  const step = Math.max(least, roundStep(range / count));
  const first = Math.floor(min / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(max / step - 1e-9));
  const values = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const isPlain = decimals <= 5 && Math.max(Math.abs(min), Math.abs(max)) < 1e6;
  return {
    values,
    format: (value) => (isPlain || value === 0 ? value.toFixed(Math.min(decimals, 5)) : value.toExponential(1)),
  };
}

function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const times = step / power;
  return (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10) * power;
}
