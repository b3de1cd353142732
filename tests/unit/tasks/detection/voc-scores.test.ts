import { describe, expect, it } from "vitest";
import { type Box, boxFlags, packBoxes } from "../../../../plugins/tasks/detection/boxes.ts";
import { packDetections } from "../../../../plugins/tasks/detection/detections.ts";
import { areaUnder, elevenPoints, scoreVoc } from "../../../../plugins/tasks/detection/voc-scores.ts";

const box = (left: number, flags = 0): Box => ({ corners: [left, 0, left + 10, 10], class: 0, flags });
const hit = (left: number, score: number) => ({ corners: [left, 0, left + 10, 10] as const, class: 0, score });

describe("average precision of VOC", () => {
  const recalls = [0.2, 0.2, 0.4, 0.6, 0.6, 0.8];
  const precisions = [1, 1 / 2, 2 / 3, 3 / 4, 3 / 5, 2 / 3];

  it("reads 11 recalls, of which 0.6 is a little more than 0.6", () => {
    // ≥ 0, 0.1, 0.2: 1; ≥ 0.30…4, 0.4, 0.5: 3/4; ≥ 0.6…1, 0.7…1, 0.8: 2/3; beyond: 0
    expect(elevenPoints(recalls, precisions)).toBeCloseTo((3 * 1 + 3 * 0.75 + 3 * (2 / 3)) / 11, 12);
  });

  it("is the area under the curve made falling", () => {
    expect(areaUnder(recalls, precisions)).toBeCloseTo(0.2 * 1 + 0.4 * 0.75 + 0.2 * (2 / 3), 12);
    expect(areaUnder(recalls, precisions)).toBeCloseTo(0.6333333333, 9);
  });

  it("is 0 without detections", () => {
    expect([elevenPoints([], []), areaUnder([], [])]).toEqual([0, 0]);
  });
});

describe("scoreVoc", () => {
  it("counts a second detection of a box as false", () => {
    const { AP50 } = scoreVoc(
      packBoxes([[box(0), box(50)]]),
      packDetections([[hit(0, 0.9), hit(1, 0.8), hit(50, 0.7)]]),
      1,
      "voc",
    );
    expect(AP50).toBeCloseTo(0.5 * 1 + 0.5 * (2 / 3), 12);
  });

  it("counts difficult boxes neither for nor against", () => {
    const truth = packBoxes([[box(0), box(50, boxFlags.difficult)]]);
    const { AP50, bestF1 } = scoreVoc(truth, packDetections([[hit(50, 0.9), hit(51, 0.85), hit(0, 0.8)]]), 1, "voc07");
    expect(AP50).toBeCloseTo(1, 12);
    expect(bestF1[0]).toEqual({ precision: 1, recall: 1, f1: 1, threshold: 0.8 });
  });

  it("wants more than half: an IoU of exactly 0.5 is false", () => {
    const truth = packBoxes([[{ corners: [0, 0, 10, 10], class: 0 }]]);
    const half = { corners: [0, 0, 10, 5] as const, class: 0, score: 1 };
    expect(scoreVoc(truth, packDetections([[half]]), 1, "voc").AP50).toBe(0);
    expect(scoreVoc(truth, packDetections([[{ ...half, corners: [0, 0, 10, 5.1] }]]), 1, "voc").AP50).toBe(1);
  });

  it("leaves classes without countable boxes out of the mean", () => {
    const truth = packBoxes([[box(0), { ...box(50, boxFlags.difficult), class: 1 }]]);
    const { AP50, perClassAP50 } = scoreVoc(
      truth,
      packDetections([[hit(0, 0.5), { ...hit(50, 0.9), class: 1 }]]),
      3,
      "voc",
    );
    expect([AP50, ...perClassAP50]).toEqual([1, 1, -1, -1]);
    expect(scoreVoc(packBoxes([[]]), packDetections([[]]), 1, "voc").AP50).toBe(-1);
  });

  it("keeps to the images that boxes and detections are of", () => {
    const truth = packBoxes([[box(0)], []]);
    expect(scoreVoc(truth, packDetections([[], [hit(0, 0.5)]]), 1, "voc").AP50).toBe(0);
  });
});
