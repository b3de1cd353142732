/** Trainings that start from the weights of another one. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openModel, writeModel } from "../../../plugins/trainers/start/model-files.ts";
import { checkStart, readStart, type StartWeights } from "../../../plugins/trainers/start/start-weights.ts";
import { type HintPlan, type HintTraining, openHintTraining } from "./hint-training.ts";
import { normedNetwork } from "./normed-network.ts";

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));
let training: HintTraining;
let given: StartWeights;

beforeAll(async () => {
  training = await openHintTraining();
  const folder = await mkdtemp(join(tmpdir(), "kdflow-start-"));
  const trained = await training.train({ hardAlone: true, changes: { network: normedNetwork(training.backend.tf) } });
  const inputSize = { height: 28, width: 28, channels: 1 };
  await writeModel(training.backend.tf, folder, trained, { task: "classification", classNames: digits }, inputSize);
  trained.dispose();
  given = (await readStart(await openModel(folder, "digest"), "before")) as StartWeights;
  await rm(folder, { recursive: true });
});

afterAll(() => training[Symbol.asyncDispose]());

/** The weights after one step that hardly moves them, by name, and what was said of the start. */
async function startOf(changes: HintPlan["changes"]) {
  const notes: string[] = [];
  const trained = await training.train({
    hardAlone: true,
    epochs: 1,
    learningRate: 1e-12,
    batchSize: 40,
    log: (message) => notes.push(message),
    changes: { network: normedNetwork(training.backend.tf), freeze: ["backbone"], ...changes },
  });
  const weights = new Map(trained.built.model.weights.map((weight) => [weight.originalName, weight.read().dataSync()]));
  trained.dispose();
  return { weights, notes: notes.filter((note) => note.startsWith("starts")) };
}

test("all tensors are loaded by name, running averages included", async () => {
  const { weights, notes } = await startOf({ start: given });
  expect([...weights.keys()].sort()).toEqual([...given.tensors.keys()].sort());
  for (const [name, { values }] of given.tensors) {
    for (const [i, value] of values.entries()) expect(weights.get(name)?.[i], name).toBeCloseTo(value, 6);
  }
  expect(given.tensors.get("stem/norm/moving_variance")?.values.every((value) => value === 1)).toBe(false);
  expect(notes).toEqual(['starts from stage "before": loaded 12 of 12 tensors']);
});

test("what is fresh starts from the seed, though its classes and shapes are others; unused tensors are said", async () => {
  const tensors = new Map(given.tensors);
  tensors.set("logits/kernel", { shape: [4, 3], values: new Float32Array(12) });
  tensors.set("stage9/conv/kernel", { shape: [1], values: new Float32Array(1) });
  const start = { stage: "before", classNames: ["cat", "dog", "cow"], tensors };
  const { weights, notes } = await startOf({ start, fresh: ["head"] });
  const seeded = await startOf({});
  expect(weights.get("logits/kernel")).toEqual(seeded.weights.get("logits/kernel"));
  expect(weights.get("block/conv/kernel")).toEqual(given.tensors.get("block/conv/kernel")?.values);
  expect(weights.get("block/conv/kernel")).not.toEqual(seeded.weights.get("block/conv/kernel"));
  expect(notes).toEqual([
    'starts from stage "before": loaded 10 of 12 tensors, head left fresh, 1 of its tensors have no place here',
  ]);
});

test("tensors that do not match are listed, and nothing is left in memory", async () => {
  const before = training.backend.tf.memory().numTensors;
  const tensors = new Map(given.tensors);
  tensors.delete("stem/norm/gamma");
  tensors.set("logits/kernel", { shape: [4, 3], values: new Float32Array(12) });
  await expect(startOf({ start: { ...given, tensors } })).rejects.toMatchObject({
    code: "KDF_TRAIN_WEIGHTS",
    message: '2 of 12 tensors do not match the weights of stage "before"',
    hint: [
      '"stem/norm/gamma" [3] is not there',
      '"logits/kernel" is [4, 3] there and [4, 10] here',
      expect.stringContaining("fresh: [head]"),
    ],
  });
  expect(training.backend.tf.memory().numTensors).toBe(before);
});

test("weights that were taken by their stage's name come with the way to go without", async () => {
  const start = { ...given, stage: "weights", classNames: [...digits.slice(1), "0"] };
  const wayOut = expect.arrayContaining([expect.stringContaining("`inputs: { weights: [] }`")]);
  const failure = { code: "KDF_TRAIN_WEIGHTS", hint: wayOut };
  await expect(startOf({ start })).rejects.toMatchObject(failure);
  await expect(startOf({ start, fresh: ["backbone", "head"] })).rejects.toMatchObject(failure);
});

test("a head of other classes is not loaded, though its shape fits", async () => {
  const classNames = [...digits.slice(1), "0"];
  await expect(startOf({ start: { ...given, classNames } })).rejects.toMatchObject({
    code: "KDF_TRAIN_WEIGHTS",
    hint: [
      '"logits/kernel" is for other classes: class 0 is "1" instead of "0"',
      '"logits/bias" is for other classes: class 0 is "1" instead of "0"',
      expect.any(String),
    ],
  });
});

test("a pattern of `fresh` has to name a layer, and to leave some to load", async () => {
  await expect(startOf({ start: given, fresh: ["haed"] })).rejects.toMatchObject({ code: "KDF_TRAIN_LAYERS" });
  await expect(startOf({ start: given, fresh: ["backbone", "head"] })).rejects.toMatchObject({
    code: "KDF_TRAIN_WEIGHTS",
    message: "`fresh: [backbone, head]` leaves no tensor to load",
  });
});

test("planning refuses other classes unless something is fresh", () => {
  const weights = [{ stage: "before", hasWeights: true, classNames: ["cat", "dog"] }];
  const data = [{ stage: "data", classNames: ["cat", "cow"] }];
  expect(() => checkStart(undefined, { weights, data })).toThrow(
    'the weights of stage "before" are for other classes: class 1 is "dog" instead of "cow"',
  );
  expect(() => checkStart(["head"], { weights, data })).not.toThrow();
  expect(() => checkStart(undefined, { weights, data: weights })).not.toThrow();
});
