import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRng } from "../../core/tensors/rng.ts";

const seed = 20_240_607;
const counters = fc.array(fc.nat(2 ** 31), { maxLength: 5 });

describe("createRng", () => {
  test("gives the same numbers for the same arguments", () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), counters, (start, stream, at) => {
        const [a, b] = [createRng(start, stream, ...at), createRng(start, stream, ...at)];
        for (let draw = 0; draw < 9; draw++) expect(a.uint32()).toBe(b.uint32());
        expect(a.normal()).toBe(b.normal());
      }),
      { seed },
    );
  });

  test("gives numbers that are inside their ranges", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (start, bound) => {
        const rng = createRng(start, "ranges");
        const [uniform, integer] = [rng.uniform(), rng.integer(bound)];
        expect(uniform >= 0 && uniform < 1).toBe(true);
        expect(Number.isInteger(integer) && integer >= 0 && integer < bound).toBe(true);
        expect(Number.isFinite(rng.normal())).toBe(true);
      }),
      { seed },
    );
  });

  test("permutes: every index once", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(300), (start, count) => {
        const sorted = createRng(start, "shuffle").permutation(count).sort();
        expect([...sorted]).toEqual(Array.from({ length: count }, (_, index) => index));
      }),
      { seed },
    );
  });
});
