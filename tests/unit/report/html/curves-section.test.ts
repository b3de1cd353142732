import { expect, it } from "vitest";
import { epochsOfHistory, type TrainingCurve } from "../../../../core/report/training-curve.ts";
import { curvesSection } from "../../../../plugins/report/html/curves-section.ts";
import { classificationMetric } from "../../../../plugins/tasks/classification/scorer.ts";
import { markupProblems } from "../../../support/markup-problems.ts";

const student: TrainingCurve = {
  stage: "train",
  group: "train",
  look: "student",
  names: classificationMetric.names,
  epochs: epochsOfHistory([
    { epoch: 1, learningRate: 0.1, losses: { loss: 0.5, "cross-entropy": 2, kd: 0.25 }, validation: { top1: 0.5 } },
    { epoch: 2, learningRate: 0.1, losses: { loss: 0.4, "cross-entropy": 1, kd: 0.25 }, validation: { top1: 0.75 } },
  ]),
  shares: [],
};
const baseline: TrainingCurve = {
  stage: "train.baseline",
  group: "train",
  look: "baseline",
  names: classificationMetric.names,
  epochs: [{ epoch: 1, values: { loss: 2, "cross-entropy": 2, "validation top1": 0.25 } }],
  shares: [],
};

function captions(...curves: readonly TrainingCurve[]): readonly string[] {
  const page = curvesSection(curves)?.text ?? "";
  expect(markupProblems(page)).toEqual([]);
  return [...page.matchAll(/<figcaption>(.*?)<\/figcaption>/g)].map(([, text = ""]) => text);
}

it("draws student and baseline into the same charts: loss, validation, then the terms", () => {
  expect(captions(student, baseline)).toEqual([
    "loss (weighted sum, each with its own terms)",
    "validation: top-1 accuracy",
    "cross-entropy",
    "kd",
    "learning rate",
  ]);
  const page = curvesSection([student, baseline])?.text ?? "";
  expect(page).toContain("<title>train, epoch 2: 75</title>");
  expect(page).toContain("top-1 accuracy, %</text>");
  expect(page.match(/class="line baseline"><path d="M\d/g)).toHaveLength(6);
});

it("rings the epoch that was kept in every chart, and names it in the numbers", () => {
  const page = curvesSection([{ ...student, best: 2 }])?.text ?? "";
  expect(markupProblems(page)).toEqual([]);
  // one chart each for loss, validation, two terms and learning rate, and the legend
  expect(page.match(/class="best"/g)).toHaveLength(5 + 1);
  expect(page).toContain("<td>2 (kept)</td>");
  expect(curvesSection([student])?.text).not.toContain("kept");
});

it("draws weights that change, and the gradient of each term in the epochs in which it was measured", () => {
  const balances = [
    { kd: { weight: 0.9, gradientNorm: 3 }, hint: { weight: 2, gradientNorm: 5 } },
    { kd: { weight: 0.5 }, hint: { weight: 2 } },
    { kd: { weight: 0.1, gradientNorm: 4 }, hint: { weight: 2, gradientNorm: 6 } },
  ];
  const epochs = epochsOfHistory(
    balances.map((balance, i) => ({ epoch: i + 1, learningRate: 1, losses: { loss: 2 }, validation: {}, balance })),
  );
  expect(captions({ ...student, epochs })).toEqual([
    "loss (weighted sum)",
    "weight of kd",
    "gradient of kd",
    "gradient of hint",
    "learning rate",
  ]);
  const page = curvesSection([{ ...student, epochs }])?.text ?? "";
  expect(page).toContain("<th>weight of hint</th>");
  expect(page).toContain("<td>0.5000</td><td>2</td><td></td><td></td>");
  const gradients = page.slice(page.indexOf("gradient of kd by epoch"), page.indexOf("gradient of hint by epoch"));
  // one line from the first epoch to the third
  expect(gradients).toMatch(/class="line student"><path d="M[\d.]+ [\d.]+L[\d.]+ [\d.]+"/);
});

it("does not draw a term that is the whole loss a second time", () => {
  expect(captions({ ...baseline, look: "teacher" })).toEqual(["loss (weighted sum)", "validation: top-1 accuracy"]);
});

it("says of a stage without epochs that it was reused, and nothing where no stage trains", () => {
  const page = curvesSection([{ ...student, epochs: [] }])?.text;
  expect(page).toContain("train: reused; the report of the run that trained it has its curves.");
  expect(page).not.toContain("<svg");
  expect(curvesSection([])).toBeUndefined();
});

it("shows values that came back as null as a gap", () => {
  const broken = { epoch: 2, values: { loss: null as unknown as number } };
  expect(curvesSection([{ ...baseline, epochs: [...baseline.epochs, broken] }])?.text).toContain("<td>NaN</td>");
});
