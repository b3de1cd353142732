import type { PlainWeight, WeightRamp, WeightSpec } from "../../../core/index.ts";

/**
 * The weights of the hard terms when they share the total weight that all terms had, each by its own weight's part.
 *
 * Exact at every moment of the run, and as simple as can be: numbers where everything is fixed, one ramp where that is
 * enough, else a `WeightShare`. The order of terms does not change the result.
 *
 * @param hard weights of the terms that stay
 * @param all weights of all terms
 */
export function shareTotalWeight(hard: readonly PlainWeight[], all: readonly PlainWeight[]): readonly WeightSpec[] {
  const total = simplifySum(all);
  const fixed = hard.filter((weight) => typeof weight === "number");
  if (fixed.length < hard.length && hard.length > 1) {
    const among = hard.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return hard.map((of) => ({ total, part: { of, among } }));
  }
  const sum = sortedSum(fixed);
  return hard.map((weight) => {
    const part = hard.length === 1 ? 1 : sum === 0 ? 1 / hard.length : Number(weight) / sum;
    const scaled = total.map((summand) => scale(summand, part));
    return scaled.length === 1 && scaled[0] !== undefined ? scaled[0] : { total: scaled };
  });
}

/** The same sum with at most one number, and one ramp for each shape and stop. */
function simplifySum(weights: readonly PlainWeight[]): readonly PlainWeight[] {
  const ramps = new Map<string, WeightRamp[]>();
  const numbers: number[] = [];
  for (const weight of weights) {
    if (typeof weight === "number") numbers.push(weight);
    else ramps.set(rampKind(weight), [...(ramps.get(rampKind(weight)) ?? []), weight]);
  }
  const merged: WeightRamp[] = [];
  for (const kind of [...ramps.keys()].sort()) {
    const same = ramps.get(kind) ?? [];
    const [from, to] = [sortedSum(same.map((ramp) => ramp.from)), sortedSum(same.map((ramp) => ramp.to))];
    const [first] = same;
    if (first === undefined) continue;
    if (from === to) numbers.push(from);
    else merged.push({ ...first, from, to });
  }
  const constant = sortedSum(numbers);
  return constant === 0 && merged.length > 0 ? merged : [constant, ...merged];
}

function rampKind({ shape, stopEpoch }: WeightRamp): string {
  return `${shape} ${stopEpoch ?? "end"}`;
}

/** Adds in order of size, and to 15 digits, so that 0.1 + 0.2 + 0.7 is 1 in any order. */
function sortedSum(values: readonly number[]): number {
  const sum = values.toSorted((a, b) => a - b).reduce((total, value) => total + value, 0);
  return Number(sum.toPrecision(15));
}

function scale(weight: PlainWeight, factor: number): PlainWeight {
  if (typeof weight === "number") return weight * factor;
  return { ...weight, from: weight.from * factor, to: weight.to * factor };
}
