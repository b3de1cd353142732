import { expect, test } from "vitest";
import { classificationMetric } from "../../../plugins/tasks/classification/scorer.ts";
import { keptEpochText } from "../../../plugins/trainers/loop/kept-epoch.ts";

const history = [0.9, 0.95, 0.93].map((top1, at) => ({
  epoch: at + 1,
  learningRate: 0.1,
  losses: { loss: 1 / (at + 1), kd: 2 },
  validation: { top1 },
}));

test("what is told is the kept epoch's, not the last one's", () => {
  const best = { epoch: 2, metric: "top1", value: 0.95, tie: 0.2 };
  expect(keptEpochText(history, best, classificationMetric)).toBe(
    "the weights are those of epoch 2 of 3, the best by top-1 accuracy on the validation split; loss 0.5000  top1 0.9500",
  );
});

test("without a validation split the last epoch is kept, and that is said", () => {
  const unvalidated = history.map((record) => ({ ...record, validation: {} }));
  expect(keptEpochText(unvalidated, undefined, classificationMetric)).toBe(
    "the weights are those of epoch 3 of 3, the last: no validation split chooses one; loss 0.3333",
  );
});
