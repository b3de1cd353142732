import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { crossEntropy } from "../../../plugins/losses/cross-entropy.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { createTerm, type Logits, lossOf, tf, valueAndGradient } from "./run-term.ts";

interface Golden {
  readonly inputs: Required<Omit<Logits, "teacherLogits">>;
  readonly cases: readonly {
    readonly mixed: boolean;
    readonly weighted: boolean;
    readonly labelSmoothing: number;
    readonly value: number;
    readonly gradient: readonly number[];
  }[];
}

const golden = JSON.parse(await readFile(new URL("../../golden/label-losses.json", import.meta.url), "utf8")) as Golden;
const { studentLogits, labels, secondLabels, labelShares, classWeights } = golden.inputs;

test.each(golden.cases)(
  "is PyTorch's (mixed $mixed, weighted $weighted, smoothing $labelSmoothing)",
  async ({ mixed, weighted, labelSmoothing, value, gradient }) => {
    const term = await createTerm(crossEntropy, { labelSmoothing });
    const second = mixed ? { secondLabels, labelShares } : {};
    const ours = valueAndGradient(term, { studentLogits, labels, ...second, ...(weighted ? { classWeights } : {}) });
    expect(relativeError([ours.value], [value])).toBeLessThanOrEqual(tolerances.value);
    expect(relativeError(ours.gradient, gradient)).toBeLessThanOrEqual(tolerances.value);
  },
);

test("is share · CE(first) + (1 − share) · CE(second) of one row", async () => {
  const term = await createTerm(crossEntropy, { labelSmoothing: 0 });
  const rows = [[0, Math.log(3)]]; // probabilities ¼ and ¾
  const mixed = lossOf(term, { studentLogits: rows, labels: [0], secondLabels: [1], labelShares: [0.75] });
  expect(mixed).toBeCloseTo(0.75 * Math.log(4) + 0.25 * Math.log(4 / 3), 6);
});

test("with weights of one is what it is without, and the scale of weights does not matter", async () => {
  const term = await createTerm(crossEntropy, { labelSmoothing: 0 });
  const plain = lossOf(term, { studentLogits, labels });
  for (const weight of [1, 7]) {
    const weighted = lossOf(term, { studentLogits, labels, classWeights: [weight, weight, weight, weight] });
    expect(relativeError([weighted], [plain])).toBeLessThanOrEqual(tolerances.value);
  }
});

test("is zero, with no gradient, where all rows weigh nothing", async () => {
  const term = await createTerm(crossEntropy, { labelSmoothing: 0 });
  const { value, gradient } = valueAndGradient(term, {
    studentLogits: [[1, 2]],
    labels: [0],
    classWeights: [0, 1],
  });
  expect(value).toBe(0);
  expect([...gradient].map((slope) => slope + 0)).toEqual([0, 0]);
});

test("leaves no tensor behind", async () => {
  const term = await createTerm(crossEntropy, { labelSmoothing: 0.1 });
  const inputs = { studentLogits, labels, secondLabels, labelShares, classWeights };
  valueAndGradient(term, inputs);
  const before = tf.memory().numTensors;
  valueAndGradient(term, inputs);
  expect(tf.memory().numTensors).toBe(before);
});
