import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProviderUse } from "../../core/index.ts";
import { createSchedule, warmUpUse } from "../unit/schedules/create-schedule.ts";

const settings = { seed: 20_240_611, numRuns: 200 };
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const inside = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const epochs = fc.integer({ min: 1, max: 300 });

const falling: fc.Arbitrary<ProviderUse> = fc.oneof(
  fc.constant({ use: "constant" }),
  fc.record({ use: fc.constant("cosine"), final: fraction }),
  fc.record({
    use: fc.constant("step"),
    milestones: fc.uniqueArray(inside, { minLength: 1, maxLength: 4 }),
    gamma: inside,
  }),
);
const any: fc.Arbitrary<ProviderUse> = fc.oneof(
  falling,
  fc.tuple(fc.double({ min: 0.1, max: 20, noNaN: true }), falling).map(([rise, rest]) => warmUpUse(rise, rest)),
);

test("factors lie between 0 and 1 at every moment", async () => {
  await fc.assert(
    fc.asyncProperty(any, epochs, fraction, async (use, budget, progress) => {
      const factor = (await createSchedule(use)).factor(progress * budget, budget);
      expect(factor).toBeGreaterThanOrEqual(0);
      expect(factor).toBeLessThanOrEqual(1);
    }),
    settings,
  );
});

test("schedules without warm-up start at 1 and never rise", async () => {
  await fc.assert(
    fc.asyncProperty(falling, epochs, fraction, fraction, async (use, budget, one, other) => {
      const { factor } = await createSchedule(use);
      const [early, late] = [Math.min(one, other) * budget, Math.max(one, other) * budget];
      expect(factor(0, budget)).toBe(1);
      expect(factor(late, budget)).toBeLessThanOrEqual(factor(early, budget) + 1e-12);
    }),
    settings,
  );
});

test("a schedule depends on the fraction of the run alone", async () => {
  await fc.assert(
    fc.asyncProperty(
      falling,
      epochs,
      fc.integer({ min: 2, max: 9 }),
      fraction,
      async (use, budget, times, progress) => {
        const { factor } = await createSchedule(use);
        const near = (use["milestones"] as number[] | undefined)?.some((at) => Math.abs(at - progress) < 1e-6);
        fc.pre(near !== true);
        expect(factor(progress * budget * times, budget * times)).toBeCloseTo(factor(progress * budget, budget), 9);
      },
    ),
    settings,
  );
});

test("warm-up meets the schedule after it without a jump", async () => {
  const then = fc.oneof(fc.constant({ use: "constant" }), fc.record({ use: fc.constant("cosine"), final: fraction }));
  await fc.assert(
    fc.asyncProperty(then, fc.double({ min: 0.1, max: 5, noNaN: true }), async (rest, rise) => {
      const { factor } = await createSchedule(warmUpUse(rise, rest));
      expect(factor(rise * (1 - 1e-9), 100)).toBeCloseTo(factor(rise, 100), 6);
      expect(factor(rise, 100)).toBe(1);
    }),
    settings,
  );
});
