import { expect, it } from "vitest";
import type { CostStage } from "../../../plugins/cost/probe/cost-host.ts";
import { probeSettings } from "../../../plugins/cost/probe/probe-settings.ts";

const stage = (name: string, kind: string, options: Readonly<Record<string, unknown>>, has: readonly string[]) =>
  ({
    name,
    kind,
    options,
    seeds: kind === "train" ? 3 : 1,
    registered: { schema: { properties: Object.fromEntries(has.map((option) => [option, {}])) } },
  }) satisfies CostStage;

const training = ["epochs", "batchSize", "validateEvery"];
const stages = [
  stage("data", "data", { validation: 0.2 }, ["limit", "testLimit"]),
  stage("teacher", "teacher", { batchSize: 16 }, training),
  stage("train", "train", { batchSize: 32 }, training),
  stage("evaluate", "evaluate", { require: { top1: 0.9 } }, ["require"]),
];
const counts = (train: number, test: number, side: number) =>
  new Map([["data", { train, validation: 100, test, side }]]);
const trainings = [
  ...["stages.teacher.epochs=3", "stages.teacher.validateEvery=3"],
  ...["stages.train.epochs=3", "stages.train.validateEvery=3", "stages.train.seeds=1"],
];

it("takes three batches of photos and six of small pictures, beside what is held out, and one validation", () => {
  expect(probeSettings(stages, counts(100_000, 50, 96))).toEqual([
    "stages.data.limit=120",
    ...trainings,
    "stages.evaluate.require={}",
  ]);
  expect(probeSettings(stages, counts(100_000, 10_000, 28))).toEqual([
    "stages.data.limit=240",
    "stages.data.testLimit=512",
    ...trainings,
    "stages.evaluate.require={}",
  ]);
});

it("leaves few data as they are, and says nothing of options that are not there", () => {
  expect(probeSettings(stages, counts(90, 50, 96))).toEqual([...trainings, "stages.evaluate.require={}"]);
  const plain = [stage("data", "data", {}, []), stage("teacher", "teacher", {}, [])];
  expect(probeSettings(plain, counts(1000, 1000, 96))).toEqual([]);
});
