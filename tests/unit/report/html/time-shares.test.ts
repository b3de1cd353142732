import { expect, it } from "vitest";
import { createHooks } from "../../../../core/plugins/hooks.ts";
import { observeRun } from "../../../../core/report/seen-run.ts";
import { curvesSection } from "../../../../plugins/report/html/curves-section.ts";
import { timeShares } from "../../../../plugins/report/html/time-shares.ts";
import { classificationMetric } from "../../../../plugins/tasks/classification/scorer.ts";
import { markupProblems } from "../../../support/markup-problems.ts";

const first = { epoch: 1, waiting: 0.25, step: 0.5, reading: 0.0625, rest: 0.1875 };
const second = { epoch: 2, waiting: 0, step: 0.9, reading: 0.02, rest: 0.08 };

it("shows a training's mean shares, and those of each epoch as numbers and as a bar that is as long for each", () => {
  const page = timeShares("train", [first, second])?.text ?? "";
  expect(markupProblems(page)).toEqual([]);
  // (25 + 0) / 2, (50 + 90) / 2, (6.25 + 2) / 2, (18.75 + 8) / 2
  expect(page).toContain("time of train: waiting for data 12.5 %, step 70.0 %, reading back 4.1 %, the rest 13.4 %");
  expect(page).toContain("<tr><td>1</td><td>25.0 %</td><td>50.0 %</td><td>6.3 %</td><td>18.8 %</td>");
  const boxes = [...page.matchAll(/<rect class="(\w+)" x="([\d.]+)" width="([\d.]+)"/g)].map(([, ...box]) => box);
  expect(boxes.slice(0, 4)).toEqual([
    ["waiting", "0", "25"],
    ["step", "25", "50"],
    ["reading", "75", "6.3"],
    ["rest", "81.3", "18.8"],
  ]);
  expect(boxes).toHaveLength(8);
});

it("shows nothing of a training whose epochs ended in another run", () => {
  expect(timeShares("train", [])).toBeUndefined();
});

it("takes the shares from what the stages log, each training by itself, and passes over anything else", () => {
  const hooks = createHooks();
  const seen = observeRun(hooks);
  const log = (stage: string, event: string, data: object) =>
    hooks.log.call({ stage, level: "debug", event, data: { ...data } });
  log("teacher", "timeShares", first);
  log("teacher", "checkpoint", second);
  log("teacher", "timeShares", { ...second, waiting: undefined });
  log("train", "timeShares", first);
  log("train", "timeShares", second);
  expect(seen.shares).toEqual(
    new Map([
      ["teacher", [first]],
      ["train", [first, second]],
    ]),
  );
});

it("stands below the curves of its training", () => {
  const epochs = [{ epoch: 1, values: { loss: 1 } }];
  const curves = [
    { stage: "train", group: "train", look: "student", names: classificationMetric.names, epochs, shares: [first] },
    {
      stage: "train.baseline",
      group: "train",
      look: "baseline",
      names: classificationMetric.names,
      epochs,
      shares: [],
    },
  ] as const;
  const page = curvesSection(curves)?.text ?? "";
  expect(markupProblems(page)).toEqual([]);
  expect(page).toMatch(/numbers of train\.baseline[\s\S]*time of train: waiting for data 25\.0 %/);
  expect(page).not.toContain("time of train.baseline");
});
