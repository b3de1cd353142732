/** Chains of teachers by wiring alone: a training named in `inputs: { teacher: … }` is a teacher like any other. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Metrics } from "../../../core/index.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

const network = "{ use: classifier, imageSize: 8, backbone: { use: resnet, depth: 8 } }";
const top = `kdflow: 1
name: chain
stages:
  data: { use: mnist, root: ./mnist, validation: 0.25 }
  teacher: { use: train, epochs: 1, batchSize: 16, network: ${network} }
  student: ${network}
  loss: { cross-entropy: 0.1, kd: { weight: 0.9, temperature: 4 } }
`;

const assistant = `${top}
  teacherLabels: { kind: softLabels, use: logits }
  assistant: { kind: student, use: classifier, imageSize: 8, backbone: { use: mobilenet-v1, width: 0.25 } }
  assistantTrain:
    kind: train
    epochs: 1
    batchSize: 16
    inputs: { student: assistant, softLabels: teacherLabels }
  assistantLabels: { kind: softLabels, use: logits, inputs: { teacher: assistantTrain } }
  train: { epochs: 1, batchSize: 16, inputs: { softLabels: assistantLabels } }
  evaluate: { use: classification, latencyRuns: 1, inputs: { teacher: assistantTrain } }
`;

const bornAgain = `${top}
  softLabels: { use: logits }
  train: { epochs: 1, batchSize: 16 }
  againLabels: { kind: softLabels, use: logits, inputs: { teacher: train } }
  again: { kind: train, epochs: 1, batchSize: 16, inputs: { softLabels: againLabels } }
  online: { kind: train, epochs: 1, batchSize: 16, inputs: { softLabels: [], teacher: again } }
  evaluate: { use: classification, latencyRuns: 1, inputs: { model: again, teacher: train } }
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-chain-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 40, test: 10 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(yaml: string) {
  const file = join(folder, "pipeline.yaml");
  await writeFile(file, yaml);
  const storeDir = join(folder, ".kdflow");
  return openSession({ builtins: [builtins], file, set: [], storeDir, backend: "wasm", observe: () => undefined });
}

test("teacher, assistant, student: each has soft labels and a baseline of its own, and distinct results", async () => {
  const plan = await (await open(assistant)).plan();
  const inputsOf = (stage: string) => plan.stages.find((planned) => planned.stage === stage)?.inputs ?? {};
  expect(inputsOf("assistantTrain")).toMatchObject({ softLabels: ["teacherLabels"], student: ["assistant"] });
  expect(inputsOf("assistantLabels")).toMatchObject({ teacher: ["assistantTrain"] });
  expect(inputsOf("train")).toMatchObject({ softLabels: ["assistantLabels"], student: ["student"] });
  expect(inputsOf("train")).not.toHaveProperty("teacher");
  for (const baseline of ["train.baseline", "assistantTrain.baseline"]) {
    expect(inputsOf(baseline)).not.toHaveProperty("softLabels");
  }

  const outcome = await (await open(assistant)).run();

  expect(outcome.error).toBeUndefined();
  const rows = (outcome.metrics["evaluate"] as Metrics).rows.map(({ role, stages }) => [role, ...stages]);
  expect(rows).toEqual([
    ["teacher", "assistantTrain"],
    ["student", "train"],
    ["baseline", "train.baseline"],
  ]);
  const keys = await keysOf(outcome.directory);
  expect(new Set(Object.values(keys)).size).toBe(Object.keys(keys).length);
  expect((await (await open(assistant)).plan()).stages.every(({ state }) => state === "reuse")).toBe(true);
});

async function keysOf(directory: string): Promise<Record<string, string>> {
  const { stages } = JSON.parse(await readFile(join(directory, "run.json"), "utf8")) as {
    readonly stages: readonly { readonly stage: string; readonly key: string }[];
  };
  return Object.fromEntries(stages.map(({ stage, key }) => [stage, key]));
}

test("a student that teaches the same student again trains anew under another key, on other labels", async () => {
  const outcome = await (await open(bornAgain)).run();

  expect(outcome.error).toBeUndefined();
  const keys = await keysOf(outcome.directory);
  expect(new Set([keys["train"], keys["again"], keys["online"]]).size).toBe(3);
  expect(keys["againLabels"]).not.toBe(keys["softLabels"]);
  // the same student without a teacher is the same work, whoever teaches it otherwise
  expect(keys["again.baseline"]).toBe(keys["train.baseline"]);
  const rows = (outcome.metrics["evaluate"] as Metrics).rows.map(({ role, stages }) => [role, ...stages]);
  expect(rows).toEqual([
    ["teacher", "train"],
    ["student", "again"],
    ["baseline", "again.baseline"],
  ]);
});
