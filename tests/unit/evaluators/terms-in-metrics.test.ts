/** `metrics.json` says how the loss terms of each training went: value, weight, gradient. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Metrics } from "../../../core/index.ts";
import { termsByStage } from "../../../plugins/evaluators/scoring/terms-by-stage.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { runPipeline } from "../../support/pipeline-run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-terms-"));
  await writeTinyMnist(join(folder, "digits"), { train: 40, test: 10 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a run's metrics have the terms of student and baseline, epoch by epoch", async () => {
  const network = "{ use: classifier, imageSize: 8, backbone: { use: resnet, depth: 8 } }";
  const { outcome } = await runPipeline(
    folder,
    `  data: { use: mnist, root: ./digits, validation: 0 }
  teacher: { use: train, epochs: 1, network: ${network} }
  softLabels: online
  student: ${network}
  loss: { cross-entropy: 0.5, kd: { weight: { from: 0, to: 1, stopEpoch: 2 } } }
  train: { epochs: 2, batchSize: 20, lossBalance: true }
  evaluate: classification
`,
  );
  expect(outcome.error).toBeUndefined();
  const text = await readFile(join(outcome.directory, "metrics.json"), "utf8");
  const { terms = {} } = (JSON.parse(text) as { evaluate: Metrics }).evaluate;
  expect(Object.keys(terms)).toEqual(["teacher", "train", "train.baseline"]);
  expect(terms["train"]?.map(({ epoch }) => epoch)).toEqual([1, 2]);
  // two batches an epoch: the last one of the first begins at half an epoch
  expect(terms["train"]?.map(({ balance }) => balance?.["kd"]?.weight)).toEqual([0.25, 0.75]);
  for (const { losses, balance } of terms["train"] ?? []) {
    expect(Object.keys(balance ?? {})).toEqual(["cross-entropy", "kd"]);
    expect(losses["kd"]).toBeGreaterThan(0);
    expect(balance?.["kd"]?.gradientNorm).toBeGreaterThan(0);
  }
  expect(Object.keys(terms["train.baseline"]?.[0]?.balance ?? {})).toEqual(["cross-entropy"]);
});

test("models without a history that tells of terms have no entry", () => {
  const record = { epoch: 1, learningRate: 1, losses: { loss: 1 }, validation: {} };
  const description = { history: [record] } as never;
  expect(
    termsByStage([
      { stage: "teacher", description: undefined },
      { stage: "train", description },
    ]),
  ).toBeUndefined();
});
