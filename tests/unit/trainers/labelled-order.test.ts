import { expect, test } from "vitest";
import { createRng } from "../../../core/tensors/rng.ts";
import { labelledOrder } from "../../../plugins/trainers/batches/labelled-order.ts";

const rng = (stream: string, ...counters: number[]) => createRng(5, stream, ...counters);
/** Every third of thirty samples has labels. */
const labelled = Array.from({ length: 10 }, (_, i) => i * 3);
const split = { count: 30, labelled };
const sorted = (indices: Iterable<number>): number[] => [...indices].toSorted((a, b) => a - b);

test("nothing is said of a split whose samples all have labels, nor of one that a teacher tells all of", () => {
  expect(labelledOrder({ split: { count: 30 }, taught: false, share: 0.5, rng })).toBeUndefined();
  expect(labelledOrder({ split, taught: true, rng })).toBeUndefined();
});

test("without a teacher labelled samples alone are drawn, for as long an epoch, each time in their next view", () => {
  const order = labelledOrder({ split, taught: false, share: 0.5, rng });
  expect(order?.count).toBe(30);
  const epochs = [0, 1].map((epoch) => ({
    indices: [...(order?.of(epoch) ?? [])],
    views: [...(order?.viewsOf?.(epoch) ?? [])],
  }));
  for (const [epoch, { indices, views }] of epochs.entries()) {
    for (const round of [0, 1, 2]) {
      const own = indices.filter((_, place) => views[place] === epoch * 3 + round);
      expect(sorted(own)).toEqual(labelled);
    }
  }
  expect([...(order?.of(1) ?? [])]).toEqual(epochs[1]?.indices);
  expect(epochs[0]?.indices.slice(0, 10)).not.toEqual(epochs[0]?.indices.slice(10, 20));
});

test("an epoch of a detector that teaches others is as long as its labelled samples", () => {
  const order = labelledOrder({ split, taught: false, count: labelled.length, rng });
  expect(sorted(order?.of(4) ?? [])).toEqual(labelled);
  expect(new Set(order?.viewsOf?.(4))).toEqual(new Set([4]));
});

test("with `share` a teacher's student has that part of labelled samples in every batch, and all others in turn", () => {
  const order = labelledOrder({ split, taught: true, share: 0.5, rng });
  const epochs = Array.from({ length: 4 }, (_, epoch) => [...(order?.of(epoch) ?? [])]);
  for (const indices of epochs) {
    expect(indices).toHaveLength(30);
    for (let start = 0; start + 10 <= 30; start++) {
      const known = indices.slice(start, start + 10).filter((index) => index % 3 === 0).length;
      expect(Math.abs(known - 5)).toBeLessThanOrEqual(1);
    }
  }
  // 60 places of four epochs for each kind: the ten labelled ones six times, the twenty others three times
  const all = epochs.flat();
  for (let index = 0; index < 30; index++) {
    expect(all.filter((each) => each === index)).toHaveLength(index % 3 === 0 ? 6 : 3);
  }
});

test("samples without labels alone teach nothing, which is said", () => {
  const request = { split: { count: 3, labelled: [] }, taught: false, rng };
  expect(() => labelledOrder(request)).toThrow(/no training sample has labels/u);
});
