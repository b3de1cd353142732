import type { HostState } from "../../../core/index.ts";
import { hashes } from "./parity-inputs.ts";

/** What a golden file says of trained weights. */
export interface DescribedWeights {
  /** Of each step. */
  readonly learningRates: readonly number[];
  /** By weight: its norm, the norm of what training changed in it, and random projections of that change. */
  readonly weights: Readonly<Record<string, readonly [number, number, readonly number[]]>>;
}

/** The norm of the error, estimated from random projections, against the norms of the weight and of its update. */
export function weightErrors(
  { weights, learningRates }: DescribedWeights,
  name: string,
  { start, end }: { readonly start: HostState; readonly end: HostState },
): { readonly weight: number; readonly update: number } {
  const [norm, updateNorm, projections] = weights[name] ?? [0, 0, []];
  const [before, after] = [start.get(name) ?? [], end.get(name) ?? []];
  const update = Float64Array.from(after, (value, i) => value - (before[i] as number));
  const squares = projections.map((expected, i) => {
    const signs = hashes(`${name}#${i}`, update.length);
    const actual = update.reduce((total, value, j) => total + ((signs[j] as number) >>> 31 === 1 ? -value : value), 0);
    return (actual - expected) ** 2;
  });
  const error = Math.sqrt(squares.reduce((total, square) => total + square, 0) / squares.length);
  const rounding = 2 ** -24 * norm;
  // offsets that the next batch norm takes out again have no gradient: there is no update to be right about
  if (updateNorm < rounding) return { weight: error / norm, update: 0 };
  return { weight: error / norm, update: Math.max(0, error - learningRates.length * rounding) / updateNorm };
}
