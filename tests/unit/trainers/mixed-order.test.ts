import { expect, test } from "vitest";
import { createRng } from "../../../core/tensors/rng.ts";
import { mixedOrder } from "../../../plugins/trainers/batches/mixed-order.ts";

const rng = (stream: string, ...counters: number[]) => createRng(5, stream, ...counters);

test("without `mix` an epoch shows every sample of every source once, in another order each time", () => {
  const order = mixedOrder({ counts: [20, 7], mix: undefined, rng });
  const [first, second] = [[...order.of(0)], [...order.of(1)]];
  const all = Array.from({ length: 27 }, (_, i) => i);
  expect(order.count).toBe(27);
  expect(first.toSorted((a, b) => a - b)).toEqual(all);
  expect(second.toSorted((a, b) => a - b)).toEqual(all);
  expect(second).not.toEqual(first);
  expect([...order.of(1)]).toEqual(second);
});

test("with `mix` an epoch is the first source's, and others come in their parts and go on where they stopped", () => {
  const order = mixedOrder({ counts: [20, 100, 6], mix: [2, 4, 1], rng });
  // 20 · 4/2 of the second, 20 · 1/2 of the third, which has six
  expect(order.count).toBe(20 + 40 + 10);
  const epochs = Array.from({ length: 5 }, (_, epoch) => [...order.of(epoch)]);
  for (const epoch of epochs) {
    const firsts = epoch.filter((index) => index < 20);
    expect(firsts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(epoch.filter((index) => index >= 20 && index < 120)).toHaveLength(40);
    expect(epoch.filter((index) => index >= 120)).toHaveLength(10);
  }
  // two and a half epochs show all of the second source once
  const seconds = epochs.flat().filter((index) => index >= 20 && index < 120);
  expect(new Set(seconds.slice(0, 80)).size).toBe(80);
  expect(new Set(seconds)).toEqual(new Set(Array.from({ length: 100 }, (_, i) => 20 + i)));
  const thirds = epochs.flat().filter((index) => index >= 120);
  for (let sample = 120; sample < 126; sample++) {
    expect(Math.abs(thirds.filter((index) => index === sample).length - 50 / 6)).toBeLessThan(1);
  }
});

test("every batch holds the parts of each source, to within one sample for each source", () => {
  const counts = [64, 300, 9];
  const order = mixedOrder({ counts, mix: [1, 3, 0.5], rng });
  const indices = [...order.of(3)];
  for (let start = 0; start + 18 <= order.count; start++) {
    const batch = indices.slice(start, start + 18);
    const parts = [
      batch.filter((index) => index < 64).length,
      batch.filter((index) => index >= 64 && index < 364).length,
      batch.filter((index) => index >= 364).length,
    ];
    for (const [source, wanted] of [4, 12, 2].entries()) {
      expect(Math.abs((parts[source] ?? 0) - wanted)).toBeLessThanOrEqual(counts.length);
    }
  }
});
