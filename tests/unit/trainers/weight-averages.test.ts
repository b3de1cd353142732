import { describe, expect, test } from "vitest";
import { averageShare } from "../../../plugins/trainers/step/weight-averages.ts";

describe("the share of the average that an update keeps", () => {
  // decay 0.9999 and 2000 updates, as YOLOv7's published training has them, run by PyTorch
  test.each([
    [1, 0.000499825],
    [100, 0.0487656984],
    [1000, 0.3934299934],
    [10_000, 0.9931627267],
  ])("rises exponentially: %i updates", (update, kept) => {
    const share = averageShare({ decay: 0.9999, warmUp: true, ramp: "exponential" }, update - 1);
    expect(1 - share).toBeCloseTo(kept, 9);
  });

  test("rises as slowly as tau says, and takes the place of the other warm-up", () => {
    const share = averageShare({ decay: 0.5, warmUp: false, ramp: "exponential", tau: 1 }, 0);
    expect(1 - share).toBeCloseTo(0.5 * (1 - Math.exp(-1)), 12);
    expect(1 - averageShare({ decay: 0.5, warmUp: true }, 0)).toBeCloseTo(1 / 10, 12);
    expect(1 - averageShare({ decay: 0.5, warmUp: false }, 0)).toBe(0.5);
  });
});
