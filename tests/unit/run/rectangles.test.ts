/** Images of two different sides, from the YAML to the evaluation. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeTinyMnist } from "../../support/mnist.ts";
import { runPipeline } from "../../support/pipeline-run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-rectangles-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 48, test: 20 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("teacher and student see rectangles of their own", async () => {
  const network = (size: string): string =>
    `{ use: classifier, imageSize: ${size}, backbone: { use: resnet, depth: 8 } }`;
  const stages = [
    "data: { use: mnist, root: ./mnist, validation: 0.25 }",
    `teacher: { use: train, epochs: 1, batchSize: 16, network: ${network("[12, 20]")} }`,
    "softLabels: { use: logits, precision: float32 }",
    `student: ${network("[16, 8]")}`,
    "loss: { cross-entropy: 0.5, kd: 0.5 }",
    "train: { epochs: 1, batchSize: 16, baseline: false }",
    "evaluate: { use: classification, latencyRuns: 1 }",
    "export: layers-model",
  ];
  const { outcome, made } = await runPipeline(folder, `  ${stages.join("\n  ")}\n`, { backend: "wasm" });
  expect(outcome.error).toBeUndefined();
  const sizeOf = async (stage: string) =>
    JSON.parse(await readFile(join(made[stage] ?? "", "description.json"), "utf8")).imageSize;
  expect(await sizeOf("teacher")).toEqual({ height: 12, width: 20, channels: 1 });
  expect(await sizeOf("train")).toEqual({ height: 16, width: 8, channels: 1 });
});
