import { describe, expect, test } from "vitest";
import type { WeightSpec } from "../../../core/index.ts";
import { weightAt } from "../../../plugins/loss/weights/weight-at.ts";

describe("weightAt", () => {
  test("a number is the weight at any time", () => {
    expect([0, 3.5, 10].map((epoch) => weightAt(0.9, epoch, 10))).toEqual([0.9, 0.9, 0.9]);
  });

  test("a linear ramp reaches its end with the run", () => {
    const ramp = { from: 1, to: 0, shape: "linear" } as const;

    expect([0, 2.5, 5, 10].map((epoch) => weightAt(ramp, epoch, 10))).toEqual([1, 0.75, 0.5, 0]);
  });

  test("a cosine ramp starts and ends flat", () => {
    const ramp = { from: 1, to: 0.01, shape: "cosine" } as const;

    expect(weightAt(ramp, 0, 300)).toBe(1);
    expect(weightAt(ramp, 75, 300)).toBeCloseTo(1 - 0.99 * ((1 - Math.SQRT1_2) / 2), 12);
    expect(weightAt(ramp, 150, 300)).toBeCloseTo(0.505, 12);
    expect(weightAt(ramp, 300, 300)).toBe(0.01);
  });

  test("a ramp with stopEpoch stays at its end from there on", () => {
    const ramp = { from: 1, to: 0, shape: "linear", stopEpoch: 4 } as const;

    expect([2, 4, 9].map((epoch) => weightAt(ramp, epoch, 10))).toEqual([0.5, 0, 0]);
  });

  test("a stopEpoch of 0 gives the end at once", () => {
    expect(weightAt({ from: 1, to: 0.5, shape: "cosine", stopEpoch: 0 }, 0, 10)).toBe(0.5);
  });

  test("a share is its part of the total at that moment", () => {
    const rising = { from: 0, to: 1, shape: "linear" } as const;
    const falling = { from: 3, to: 1, shape: "linear" } as const;
    const share: WeightSpec = { total: [1, falling], part: { of: rising, among: [rising, falling] } };

    expect(weightAt(share, 5, 10)).toBeCloseTo((1 + 2) * (0.5 / 2.5), 12);
  });

  test("shares are equal where nothing is there to be shared by", () => {
    const none = { from: 0, to: 1, shape: "linear" } as const;

    expect(weightAt({ total: [2], part: { of: none, among: [none, none] } }, 0, 10)).toBe(1);
  });
});
