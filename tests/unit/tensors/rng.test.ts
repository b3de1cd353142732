import { describe, expect, test } from "vitest";
import type { Rng } from "../../../core/contracts/rng.ts";
import { philox4x32 } from "../../../core/tensors/philox.ts";
import { createRng } from "../../../core/tensors/rng.ts";

function block(counter: readonly number[], key0: number, key1: number): string[] {
  const out = new Uint32Array(4);
  philox4x32(Uint32Array.from(counter), key0, key1, out);
  return [...out].map((word) => word.toString(16).padStart(8, "0"));
}

function draws<T>(count: number, draw: () => T): T[] {
  return Array.from({ length: count }, draw);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("philox4x32", () => {
  // The known answers that its authors publish with Random123, for ten rounds.
  test("gives the known answer for zeros", () => {
    expect(block([0, 0, 0, 0], 0, 0)).toEqual(["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]);
  });

  test("gives the known answer for ones", () => {
    const ones = 0xffffffff;
    expect(block([ones, ones, ones, ones], ones, ones)).toEqual(["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"]);
  });

  test("gives the known answer for the digits of pi", () => {
    const counter = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
    expect(block(counter, 0xa4093822, 0x299f31d0)).toEqual(["d16cfe09", "94fdcceb", "5001e420", "24126ea1"]);
  });
});

const GOLDEN = {
  uint32: [1612191940, 2468959477, 1526242452],
  uniform: [0.37536769043542006, 0.3553560108832148],
  normal: [-1.2809279616540634, -1.486601113244007, -0.29033789819493455],
  permutation: [4, 3, 0, 1, 5, 2, 6, 7],
  largeCounter: 723277728,
};

describe("createRng", () => {
  // Written down once: a change here changes every seeded result that users have.
  test("gives the numbers that it always gave", () => {
    expect(draws(3, bound(createRng(1, "shuffle", 2, 3), "uint32"))).toEqual(GOLDEN.uint32);
    expect(draws(2, bound(createRng(1, "shuffle", 2, 3), "uniform"))).toEqual(GOLDEN.uniform);
    expect(draws(3, bound(createRng(1, "shuffle", 2, 3), "normal"))).toEqual(GOLDEN.normal);
    expect([...createRng(1, "shuffle", 2, 3).permutation(8)]).toEqual(GOLDEN.permutation);
    expect(createRng(1, "shuffle", 2 ** 32, 3).uint32()).toBe(GOLDEN.largeCounter);
  });

  test("gives other numbers for another seed, stream, counter or number of counters", () => {
    const streams = [
      createRng(0, "a"),
      createRng(1, "a"),
      createRng(0.5, "a"),
      createRng(-1, "a"),
      createRng(0, "b"),
      createRng(0, "a", 0),
      createRng(0, "a", 1),
      createRng(0, "a", 0, 0),
      createRng(0, "a", 0, 1),
      createRng(0, "a", 1, 0),
      createRng(0, "a", 0, 0, 0),
      createRng(0, "a", 0, 0, 0, 0),
      createRng(0, "a", 2 ** 32),
      createRng(0, "a", 2 ** 32 + 1),
    ];
    expect(new Set(streams.map((rng) => rng.uint32())).size).toBe(streams.length);
  });

  test("has streams that are not correlated", () => {
    const [a, b] = [createRng(1, "views", 7, 0), createRng(1, "views", 7, 1)];
    const products = draws(100_000, () => (a.uniform() - 0.5) * (b.uniform() - 0.5));
    // The standard deviation of one product is 1/12, of the mean 1/12/√100000.
    expect(Math.abs(mean(products))).toBeLessThan((4 / 12) * 100_000 ** -0.5);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses the seed %s", (seed) => {
    expect(() => createRng(seed, "a")).toThrow(expect.objectContaining({ code: "KDF_INTERNAL" }));
  });

  test.each([-1, 0.5, Number.NaN])("refuses the counter %s", (counter) => {
    expect(() => createRng(0, "a", counter)).toThrow(expect.objectContaining({ code: "KDF_INTERNAL" }));
  });
});

function bound(rng: Rng, method: "uint32" | "uniform" | "normal"): () => number {
  return () => rng[method]();
}

describe("a stream", () => {
  test("draws uniforms with the mean and spread of [0, 1)", () => {
    const rng = createRng(3, "uniform");
    const values = draws(100_000, () => rng.uniform());
    const deviations = values.map((value) => (value - 0.5) ** 2);
    expect(Math.min(...values.slice(0, 10_000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 10_000))).toBeLessThan(1);
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 100_000));
    // The fourth central moment is 1/80, so one squared deviation has the variance 1/80 − 1/144 = 1/180.
    expect(Math.abs(mean(deviations) - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / 100_000));
  });

  test("draws normals with mean 0, variance 1 and fourth moment 3", () => {
    const rng = createRng(3, "normal");
    const values = draws(200_000, () => rng.normal());
    expect(Math.abs(mean(values))).toBeLessThan(4 * Math.sqrt(1 / 200_000));
    expect(Math.abs(mean(values.map((value) => value ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 200_000));
    expect(Math.abs(mean(values.map((value) => value ** 4)) - 3)).toBeLessThan(4 * Math.sqrt(96 / 200_000));
  });

  test("draws normals that Math.log would give too, to the last bits", () => {
    const ours = createRng(5, "normal");
    const uniforms = createRng(5, "normal");
    for (let pair = 0; pair < 1000; pair++) {
      let [x, y, square] = [0, 0, 0];
      do {
        x = 2 * uniforms.uniform() - 1;
        y = 2 * uniforms.uniform() - 1;
        square = x * x + y * y;
      } while (square >= 1 || square === 0);
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      expect(Math.abs(ours.normal() / (x * factor) - 1)).toBeLessThan(1e-14);
      expect(Math.abs(ours.normal() / (y * factor) - 1)).toBeLessThan(1e-14);
    }
  });

  test("draws integers below a bound, each as often", () => {
    const rng = createRng(3, "integer");
    const values = draws(60_000, () => rng.integer(6));
    const counts = [0, 1, 2, 3, 4, 5].map((value) => values.filter((drawn) => drawn === value).length);
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // 5 degrees of freedom: above 20.5 in one of a thousand cases.
    expect(chiSquare).toBeLessThan(20.5);
  });

  test("draws integers below bounds past 2³²", () => {
    const rng = createRng(3, "integer");
    const values = draws(1000, () => rng.integer(2 ** 53));
    expect(values.every((value) => Number.isSafeInteger(value))).toBe(true);
    expect(Math.max(...values)).toBeGreaterThan(2 ** 52);
    expect(rng.integer(1)).toBe(0);
  });

  test.each([0, -1, 1.5, 2 ** 53 + 2])("refuses the bound %s", (limit) => {
    expect(() => createRng(0, "a").integer(limit)).toThrow(expect.objectContaining({ code: "KDF_INTERNAL" }));
  });

  test("permutes so that each order is as likely", () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 24_000; epoch++) {
      const order = createRng(3, "shuffle", epoch).permutation(4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(counts.size).toBe(24);
    // 23 degrees of freedom: above 49.7 in one of a thousand cases.
    expect(chiSquare).toBeLessThan(49.7);
  });

  test("permutes 60 000 samples in well under a second", () => {
    createRng(0, "warm-up").permutation(60_000);
    const startedAt = performance.now();
    const order = createRng(0, "shuffle").permutation(60_000);
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect([...order].sort((a, b) => a - b)).toEqual(draws(60_000, () => 0).map((_, index) => index));
  });
});
