import { describe, expect, it } from "vitest";
import { estimateSeconds } from "../../../plugins/cost/estimate/estimate-stage.ts";
import type { StageTimeline } from "../../../plugins/cost/probe/stage-watch.ts";

const scale = { samples: 1, validation: 1, models: 1 };
const seen = (timeline: Partial<StageTimeline>): StageTimeline => ({
  startMs: 1000,
  endMs: 1000,
  progress: [],
  epochs: [],
  bytes: 0,
  peakMemoryBytes: 0,
  notes: [],
  ...timeline,
});
const images = (done: number, total: number, atMs: number) => ({ unit: "images", done, total, atMs });

describe("a stage that counts images", () => {
  const timeline = seen({
    // half a second to begin, 2 ms for each of 500 images, 100 ms to end
    progress: [images(100, 500, 1700), images(300, 500, 2100), images(500, 500, 2500)],
    endMs: 2600,
  });

  it("takes as long for the same images", () => {
    expect(estimateSeconds(timeline, scale)).toBeCloseTo(1.6, 9);
  });

  it("grows by its images alone, and with the models that look at them", () => {
    expect(estimateSeconds(timeline, { ...scale, samples: 10 })).toBeCloseTo(0.6 + 10 * 1, 9);
    expect(estimateSeconds(timeline, { ...scale, samples: 10, models: 3 })).toBeCloseTo(0.6 + 30 * 1, 9);
  });

  it("is told by its rate where it was stopped", () => {
    const stopped = seen({ progress: [images(100, 500, 1700), images(300, 500, 2100)], endMs: undefined });
    expect(estimateSeconds(stopped, scale)).toBeCloseTo(500 * 0.002, 9);
  });

  it("leaves out what prepares each model, which is there once", () => {
    const of = (label: string, done: number, atMs: number) => ({ ...images(done, 40, atMs), label });
    const scored = seen({
      // of 20 images each; 1 s before the first ten of a, 500 ms of preparing b, then 30 ms an image after 10 ms
      progress: [of("a", 10, 2000), of("a", 20, 2100), of("b", 30, 2900), of("b", 40, 3200)],
      endMs: 3300,
    });
    const once = 2.3 - 0.02 * 40;
    expect(estimateSeconds(scored, scale)).toBeCloseTo(2.3, 9);
    expect(estimateSeconds(scored, { ...scale, samples: 50 })).toBeCloseTo(once + 50 * 40 * 0.02, 9);
    const stopped = seen({ progress: [of("a", 10, 2000), of("a", 20, 2100), of("b", 30, 2900)], endMs: undefined });
    expect(estimateSeconds(stopped, scale)).toBeCloseTo(40 * 0.01, 9);
    const first = seen({ progress: [of("a", 20, 2000), of("b", 40, 2400)], endMs: 2400 });
    expect(estimateSeconds(first, { ...scale, samples: 2 })).toBeCloseTo(1.4 - 0.8 + 2 * 0.8, 9);
  });

  it("takes what it took where it shows nothing", () => {
    expect(estimateSeconds(seen({ endMs: 3000 }), { ...scale, samples: 50 })).toBe(2);
  });
});

describe("a training", () => {
  // 700 ms to begin; epochs of 200 ms, the first one of 500; 50 ms to save, 150 more to validate every second one
  const epochs = [
    { stepsEndMs: 2200, endMs: 2250 },
    { stepsEndMs: 2450, endMs: 2650 },
    { stepsEndMs: 2850, endMs: 2900 },
    { stepsEndMs: 3100, endMs: 3300 },
  ];
  const timeline = seen({ epochs, endMs: 3400 });
  const once = 2.4 - 4 * 0.2 - 2 * 0.05 - 2 * 0.2;

  it("counts epochs, their steps and their validations, and what is there once", () => {
    const training = { epochs: 20, validateEvery: 1, probeValidateEvery: 2 };
    const whole = { ...scale, samples: 6, validation: 3, training };
    expect(estimateSeconds(timeline, whole)).toBeCloseTo(once + 20 * (6 * 0.2 + 0.05) + 20 * 3 * 0.15, 9);
  });

  it("validates the last epoch too", () => {
    const training = { epochs: 21, validateEvery: 5, probeValidateEvery: 2 };
    expect(estimateSeconds(timeline, { ...scale, training })).toBeCloseTo(once + 21 * 0.25 + 5 * 0.15, 9);
  });

  it("takes all of the end of an epoch for validation where every epoch of the probe has one", () => {
    const training = { epochs: 8, validateEvery: 1, probeValidateEvery: 1 };
    const ends = 0.05 + 0.2 + 0.05 + 0.2;
    const begins = 2.4 - 4 * 0.2 - ends;
    const expected = begins + 8 * 0.2 + 8 * 2 * (ends / 4);
    expect(estimateSeconds(timeline, { ...scale, validation: 2, training })).toBeCloseTo(expected, 9);
  });
});
