import { expect, test } from "vitest";
import { createSchedule, dependenceOf, warmUpUse } from "./create-schedule.ts";

test("constant keeps the base learning rate", async () => {
  const { factor } = await createSchedule({ use: "constant" });

  expect([0, 3.7, 10].map((epoch) => factor(epoch, 10))).toEqual([1, 1, 1]);
});

test("step drops by gamma at fractions of the run, from the very epoch on", async () => {
  const { factor } = await createSchedule({ use: "step", milestones: [0.5, 0.75], gamma: 0.1 });

  expect(factor(59.99, 120)).toBe(1);
  expect(factor(60, 120)).toBeCloseTo(0.1, 15);
  expect(factor(89.99, 120)).toBeCloseTo(0.1, 15);
  expect(factor(90, 120)).toBeCloseTo(0.01, 15);
});

test("step is not late where a fraction is not exact: 0.7 · 10 is above 7", async () => {
  const { factor } = await createSchedule({ use: "step", milestones: [0.7], gamma: 0.5 });

  expect(0.7 * 10).toBeGreaterThanOrEqual(7);
  expect([6.999, 7].map((epoch) => factor(epoch, 10))).toEqual([1, 0.5]);
  expect(factor(3, 10 * (3 / 7))).toBe(0.5);
});

test("cosine falls from 1 over one half to 0", async () => {
  const { factor } = await createSchedule({ use: "cosine", final: 0 });

  expect(factor(0, 8)).toBe(1);
  expect(factor(2, 8)).toBeCloseTo((1 + Math.SQRT1_2) / 2, 12);
  expect(factor(4, 8)).toBeCloseTo(0.5, 12);
  expect(factor(8, 8)).toBeCloseTo(0, 12);
});

test("cosine ends at its final factor and stays there", async () => {
  const { factor } = await createSchedule({ use: "cosine", final: 0.1 });

  expect(factor(4, 8)).toBeCloseTo(0.55, 12);
  expect(factor(8, 8)).toBeCloseTo(0.1, 12);
  expect(factor(9, 8)).toBeCloseTo(0.1, 12);
});

test("warm-up rises in a straight line, then the other schedule has the rest of the run", async () => {
  const { factor } = await createSchedule(warmUpUse(2, { use: "cosine", final: 0 }));

  expect([0, 0.5, 1, 2].map((epoch) => factor(epoch, 10))).toEqual([0, 0.25, 0.5, 1]);
  expect(factor(6, 10)).toBeCloseTo(0.5, 12);
  expect(factor(10, 10)).toBeCloseTo(0, 12);
});

test("warm-up that is longer than the run only rises", async () => {
  const { factor } = await createSchedule(warmUpUse(4, { use: "constant" }));

  expect([1, 2].map((epoch) => factor(epoch, 2))).toEqual([0.25, 0.5]);
});

test("step takes milestones from 1 on as epochs, however long the run", async () => {
  const { factor } = await createSchedule({ use: "step", milestones: [3, 5], gamma: 0.1 });

  for (const epochs of [4, 6, 100]) {
    expect([2.99, 3, 5].map((epoch) => factor(epoch, epochs))).toEqual([1, 0.1, 0.1 ** 2]);
  }
});

test("schedules say what makes them depend on the number of epochs, and warm-up asks the one after it", () => {
  const inEpochs = { use: "step", milestones: [3, 5], gamma: 0.1 };

  expect(dependenceOf({ use: "constant" })).toBeUndefined();
  expect(dependenceOf(inEpochs)).toBeUndefined();
  expect(dependenceOf(warmUpUse(2, inEpochs))).toBeUndefined();
  expect(dependenceOf({ use: "cosine", final: 0 })).toBe("cosine");
  expect(dependenceOf(warmUpUse(2, { use: "cosine", final: 0 }))).toBe("cosine");
  expect(dependenceOf({ use: "step", milestones: [0.5, 5], gamma: 0.1 })).toBe("step at a fraction of the run");
});

test("a schedule that says nothing of it is taken to depend on the number of epochs", () => {
  expect(dependenceOf({ use: "silent" })).toBe("silent");
  expect(dependenceOf(warmUpUse(2, { use: "silent" }))).toBe("silent");
});
