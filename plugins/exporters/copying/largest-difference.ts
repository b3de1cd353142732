import type { Answers } from "../../../core/index.ts";

/** The output that differs most, and by how much. */
export interface OutputDifference {
  readonly name: string;
  /** max|exported − trained| / max|trained|; infinite where a number is missing or none. */
  readonly difference: number;
}

/** Compares answers output by output. */
export function largestDifference(exported: Answers, trained: Answers): OutputDifference {
  return Object.entries(trained)
    .map(([name, values]) => ({ name, difference: differenceOf(exported[name], values) }))
    .reduce((worst, each) => (each.difference > worst.difference ? each : worst), { name: "", difference: 0 });
}

/** max|actual − expected| / max|expected| */
export function differenceOf(actual: Float32Array | undefined, expected: ArrayLike<number>): number {
  let difference = actual?.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  let largest = Number.MIN_VALUE;
  for (let place = 0; place < expected.length; place++) {
    const value = expected[place] ?? Number.NaN;
    const delta = Math.abs(value - (actual?.[place] ?? Number.NaN));
    difference = Number.isNaN(delta) ? Number.POSITIVE_INFINITY : Math.max(difference, delta);
    largest = Math.max(largest, Math.abs(value));
  }
  // where a number is none, the largest is none either
  return Number.isFinite(difference) ? difference / largest : difference;
}
