import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { costHost } from "../../../core/cli/cost-host.ts";
import { openSession } from "../../../core/run/session.ts";
import type { PlanCost } from "../../../plugins/cost/estimate/cost-rows.ts";
import { planCost } from "../../../plugins/cost/probe/plan-cost.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

const pipeline = `kdflow: 1
name: tiny
stages:
  data: { use: mnist, root: ./mnist, validation: 0.25, limit: 32, augment: [shift-crop] }
  teacher: { use: train, epochs: 30, batchSize: 8, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }
  softLabels: { use: logits, views: 2 }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 0.1, kd: 0.9 }
  train: { epochs: 60, batchSize: 8, seeds: 2, validateEvery: 7 }
  evaluate: { use: classification, require: { top1: 1 } }
`;

let folder: string;
let options: Parameters<typeof costHost>[0];

const cost = (selection = {}): Promise<PlanCost> =>
  planCost(costHost(options), selection, new AbortController().signal);
const secondsOf = ({ stages }: PlanCost): Readonly<Record<string, number>> =>
  Object.fromEntries(stages.map(({ stage, seconds }) => [stage, seconds]));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-plan-cost-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 32, test: 4 });
  await writeFile(join(folder, "pipeline.yaml"), pipeline);
  const file = join(folder, "pipeline.yaml");
  options = { builtins: [builtins], file, storeDir: join(folder, ".kdflow"), backend: "wasm" };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("tells what every stage of a run would take, and leaves nothing behind", async () => {
  const found = await cost();
  expect(found.stages.map(({ stage }) => stage)).toEqual([
    ...["data", "teacher", "softLabels", "train.seed0", "train.seed1"],
    ...["train.baseline.seed0", "train.baseline.seed1", "evaluate"],
  ]);
  for (const { seconds, peakMemoryBytes } of found.stages) {
    expect(seconds).toBeGreaterThan(0);
    expect(peakMemoryBytes).toBeGreaterThan(10_000_000);
  }
  const seconds = secondsOf(found);
  expect(seconds["train.seed0"]).toBe(seconds["train.seed1"]);
  expect(found.seconds).toBeCloseTo(
    found.stages.reduce((sum, stage) => sum + stage.seconds, 0),
    6,
  );
  // a model, and soft labels of all samples
  const bytes = Object.fromEntries(found.stages.map((stage) => [stage.stage, stage.bytes]));
  expect(bytes["teacher"]).toBeGreaterThan(100_000);
  expect(bytes["softLabels"]).toBeGreaterThan(20 * 2 * 10 * 2);
  expect((await readdir(folder)).sort()).toEqual(["mnist", "pipeline.yaml"]);
});

it("counts nothing for what is stored, and nothing at all for what is not selected", async () => {
  const { run } = await openSession(options);
  expect((await run({ until: "data" })).status).toBe("ok");
  const found = await cost({ until: "teacher" });
  expect(found.stages.map(({ stage, state }) => [stage, state])).toEqual([
    ["data", "reuse"],
    ["teacher", "run"],
  ]);
  expect(secondsOf(found)["data"]).toBe(0);
  expect(secondsOf(found)["teacher"]).toBeGreaterThan(0);
  expect(await cost({ until: "data" })).toMatchObject({ seconds: 0, bytes: 0, peakMemoryBytes: 0 });
});

it("stops where it is told to, and takes its store away", async () => {
  const stopped = new AbortController();
  stopped.abort(new Error("stopped by the test"));
  await expect(planCost(costHost(options), { force: ["*"] }, stopped.signal)).rejects.toThrow("stopped by the test");
});
