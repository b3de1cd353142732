import { describe, expect, it } from "vitest";
import { classifierOutputs } from "../../../plugins/tasks/classification/names.ts";
import { classificationMetric } from "../../../plugins/tasks/classification/scorer.ts";

/** The scores of all rows, added two at a time. */
function classificationScores(logits: Float32Array, labels: Int32Array, classes: number, reference?: Float32Array) {
  const classNames = Array.from({ length: classes }, (_, index) => String(index));
  const imageSize = { height: 1, width: 1, channels: 1 };
  const scorer = classificationMetric.start({ classNames, outputs: classifierOutputs(classes), imageSize });
  for (let start = 0; start < labels.length; start += 2) {
    const indices = [start, start + 1].filter((index) => index < labels.length);
    const some = (rows: Float32Array) => ({ logits: rows.subarray(start * classes, (start + 2) * classes) });
    scorer.add(some(logits), { truth: labels, indices }, reference && some(reference));
  }
  return scorer.result();
}

/** Logits whose softmax is exactly the given probabilities. */
const logitsOf = (...rows: number[][]): Float32Array => Float32Array.from(rows.flat().map(Math.log));

describe("classificationScores", () => {
  it("counts top-1 hits, overall and per class that occurs", () => {
    // class 0: hit, miss; class 1: hit; class 2 never occurs
    const logits = logitsOf([0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]);
    const scores = classificationScores(logits, Int32Array.of(0, 0, 1), 3);
    expect(scores["top1"]).toBeCloseTo(2 / 3, 12);
    expect(scores["perClass"]).toBeCloseTo((1 / 2 + 1 / 1) / 2, 12);
  });

  it("counts a label among the five largest logits as top-5, and lets the lower class win a tie", () => {
    const row = [6, 5, 4, 3, 2, 1];
    const scores = classificationScores(
      Float32Array.from([...row, ...row, ...[1, 1, 1, 1, 1, 1]]),
      Int32Array.of(4, 5, 5),
      6,
    );
    expect(scores["top5"]).toBeCloseTo(1 / 3, 12);
    const tie = classificationScores(Float32Array.of(1, 1), Int32Array.of(0), 2);
    expect(tie["top1"]).toBe(1);
  });

  it("takes the mean negative log of the label's probability", () => {
    const scores = classificationScores(logitsOf([0.5, 0.5], [0.25, 0.75]), Int32Array.of(0, 0), 2);
    expect(scores["nll"]).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 6);
  });

  it("measures calibration as the gap of confidence and accuracy, weighted by bin", () => {
    // confidences 0.95 (hit) and 0.95 (miss) fall into one bin: |1 − 1.9| / 2 = 0.45
    const scores = classificationScores(logitsOf([0.95, 0.05], [0.95, 0.05]), Int32Array.of(0, 1), 2);
    expect(scores["ece"]).toBeCloseTo(0.45, 6);
    // 0.95 (hit) and 0.55 (miss) lie in two bins: (|1 − 0.95| + |0 − 0.55|) / 2
    const apart = classificationScores(logitsOf([0.95, 0.05], [0.55, 0.45]), Int32Array.of(0, 1), 2);
    expect(apart["ece"]).toBeCloseTo((0.05 + 0.55) / 2, 6);
  });

  it("stays finite for extreme logits", () => {
    const scores = classificationScores(Float32Array.of(1e4, -1e4, -1e4, 1e4), Int32Array.of(0, 0), 2);
    expect(scores["nll"]).toBeCloseTo(2e4 / 2, 3);
    expect(scores["top1"]).toBe(0.5);
  });
});

describe("rows that are not numbers", () => {
  it("are right about nothing, and are seen in likelihood and calibration", () => {
    const logits = Float32Array.from([...Array(6).fill(Number.NaN), ...[2, 1, 0, 0, 0, 0]]);
    const scores = classificationScores(logits, Int32Array.of(0, 0), 6);
    expect(scores).toMatchObject({ top1: 1 / 2, top5: 1 / 2, nll: Number.NaN, ece: Number.NaN });
  });
});

describe("agreement", () => {
  it("is the share of samples with the same first class", () => {
    const labels = Int32Array.of(0, 0);
    const [ours, theirs] = [Float32Array.of(1, 0, 1, 0), Float32Array.of(5, 4, 0, 1)];
    expect(classificationScores(ours, labels, 2, theirs)["agreement"]).toBe(0.5);
    expect(classificationScores(ours, labels, 2)).not.toHaveProperty("agreement");
  });
});
