import { describe, expect, test } from "vitest";
import { crossEntropy } from "../../../plugins/losses/cross-entropy.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { goldenCase, goldenLabels, goldenRows } from "./golden-vectors.ts";
import {
  createTerm,
  finiteDifferences,
  logSoftmax64,
  lossOf,
  mean64,
  type Rows,
  tf,
  valueAndGradient,
} from "./run-term.ts";

const student = [
  [1, 2, 3],
  [0.5, -1, 2],
];
const labels = [2, 0];

function crossEntropy64(logits: Rows, smoothing: number): number {
  return mean64(
    logits.map((row, i) =>
      logSoftmax64(row).reduce(
        (sum, logProb, j) => sum - ((j === labels[i] ? 1 - smoothing : 0) + smoothing / row.length) * logProb,
        0,
      ),
    ),
  );
}

describe("cross-entropy", () => {
  test("has the value and gradient of float64 PyTorch with label smoothing", async () => {
    const golden = await goldenCase("cross-entropy");
    const term = await createTerm(crossEntropy, golden.options);

    const { value, gradient } = valueAndGradient(term, {
      studentLogits: goldenRows(golden, "studentLogits"),
      labels: goldenLabels(golden),
    });

    expect(relativeError([value], [golden.value])).toBeLessThanOrEqual(tolerances.value);
    expect(relativeError(gradient, golden.gradients.studentLogits.values)).toBeLessThanOrEqual(tolerances.value);
  });

  test("is log 4 for equal logits of four classes with default options", async () => {
    const term = await createTerm(crossEntropy, { labelSmoothing: 0 });

    expect(lossOf(term, { studentLogits: [[7, 7, 7, 7]], labels: [1] })).toBeCloseTo(Math.log(4), 6);
  });

  test.each([0, 0.3])("has the value and gradient of the float64 oracle with smoothing %d", async (labelSmoothing) => {
    const term = await createTerm(crossEntropy, { labelSmoothing });

    const { value, gradient } = valueAndGradient(term, { studentLogits: student, labels });

    expect(relativeError([value], [crossEntropy64(student, labelSmoothing)])).toBeLessThanOrEqual(tolerances.value);
    const expected = finiteDifferences((moved) => crossEntropy64(moved, labelSmoothing), student);
    expect(relativeError(gradient, expected)).toBeLessThanOrEqual(tolerances.finiteDifferences);
  });

  test("is finite for logits of ±10 000, with a gradient that points the right way", async () => {
    const term = await createTerm(crossEntropy, { labelSmoothing: 0 });

    const { value, gradient } = valueAndGradient(term, { studentLogits: [[1e4, -1e4, 0]], labels: [1] });

    expect(value).toBe(2e4);
    expect([...gradient]).toEqual([1, -1, 0]);
  });

  test("leaves no tensor behind", async () => {
    const term = await createTerm(crossEntropy, { labelSmoothing: 0.1 });
    valueAndGradient(term, { studentLogits: student, labels });
    const before = tf.memory().numTensors;

    valueAndGradient(term, { studentLogits: student, labels });

    expect(tf.memory().numTensors).toBe(before);
  });
});
