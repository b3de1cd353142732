import { expect, it } from "vitest";
import { createEpochClock } from "../../../plugins/trainers/loop/time-shares.ts";

it("an epoch's time is shared out between waiting, steps, reading and the rest", async () => {
  let nowMs = 1000;
  const clock = createEpochClock(() => nowMs);
  for (let step = 0; step < 4; step++) {
    nowMs += 20;
    clock.gotBatch();
    const reads = step === 3;
    await clock.step(reads, async () => {
      nowMs += reads ? 70 : 30;
    });
    nowMs += 5;
    clock.asksForBatch();
  }
  // 4 · 20 of waiting; 4 · 30 of steps, of which the last took 40 longer to read; 4 · 5 of the rest
  const totalMs = 80 + 120 + 40 + 20;
  const shares = clock.shares();
  expect(shares.waiting).toBeCloseTo(80 / totalMs, 12);
  expect(shares.step).toBeCloseTo(120 / totalMs, 12);
  expect(shares.reading).toBeCloseTo(40 / totalMs, 12);
  expect(shares.rest).toBeCloseTo(20 / totalMs, 12);
});

it("steps that all read count as steps", async () => {
  let nowMs = 0;
  const clock = createEpochClock(() => nowMs);
  clock.gotBatch();
  await clock.step(true, async () => {
    nowMs += 10;
  });
  expect(clock.shares()).toEqual({ waiting: 0, step: 1, reading: 0, rest: 0 });
});

it("a step's result and its failure go through", async () => {
  const clock = createEpochClock();
  expect(await clock.step(false, async () => 7)).toBe(7);
  await expect(clock.step(true, async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});
