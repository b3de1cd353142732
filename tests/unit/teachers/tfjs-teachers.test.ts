import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel, Sequential } from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dataset, layersModelFiles, type Metrics, type Tf } from "../../../core/index.ts";
import { testBackend } from "../../support/backend.ts";
import { writeGraphModel } from "../../support/graph-model.ts";
import { linearAccuracy, meanClassifier } from "../../support/mean-classifier.ts";
import { mnistFolder } from "../../support/mnist-folder.ts";
import { runPipeline } from "../../support/pipeline-run.ts";

const size = { height: 28, width: 28, channels: 3 };
let folder: string;
let dataset: Dataset;
let tf: Tf;

beforeAll(async () => {
  ({ folder, dataset } = await mnistFolder({ train: 400, test: 100 }, { validation: 0.25 }));
  ({ tf } = await testBackend());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The mean classifier on colour images scaled to 0…1, with a softmax at its end where asked for. */
async function classifier(softmax: boolean): Promise<Sequential> {
  const { kernel, bias } = await meanClassifier(dataset.splits.train, size, 10);
  const model = tf.sequential();
  model.add(tf.layers.flatten({ inputShape: [28, 28, 3], name: "flat" }));
  model.add(tf.layers.dense({ units: 10, name: "scores", ...(softmax ? { activation: "softmax" } : {}) }));
  model.setWeights([tf.tensor2d(kernel, [28 * 28 * 3, 10]), tf.tensor1d(bias)]);
  return model;
}

async function save(name: string, model: LayersModel): Promise<string> {
  await mkdir(join(folder, name), { recursive: true });
  for (const [file, bytes] of Object.entries(await layersModelFiles(model))) {
    await writeFile(join(folder, name, file), bytes);
  }
  return `./${name}`;
}

/** The same classifier as a graph. */
async function saveGraph(name: string): Promise<string> {
  await writeGraphModel(join(folder, name), await meanClassifier(dataset.splits.train, size, 10), size);
  return `./${name}`;
}

async function run(stages: string) {
  const data = "  data: { use: mnist, root: ./mnist, validation: 0.25 }\n";
  const { notes, outcome } = await runPipeline(folder, `${data}${stages}`);
  return { notes, error: outcome.error, metrics: outcome.metrics["evaluate"] as Metrics | undefined };
}

/** Accuracy on the test split of the classifier, computed without any of the code under test. */
async function accuracyOf(): Promise<number> {
  const { train, test } = dataset.splits;
  return linearAccuracy(test, size, await meanClassifier(train, size, 10));
}

describe("models of TensorFlow.js as teachers", () => {
  it("a layers model labels the data, with its parameters and multiply-adds known", async () => {
    const model = await save("layers", await classifier(true));
    const { error, notes } = await run(
      `  teacher: { use: layers-model, model: ${model}, normalize: unit }\n  softLabels: logits\n`,
    );
    expect(error).toBeUndefined();
    expect(notes).toContain(
      'teacher: the scores in "scores" are probabilities; their logarithms are used (rows are ≥ 0 and sum to 1)',
    );
    expect(notes.filter((note) => note.includes("not captured"))).toEqual([]);
  });

  it("a graph model labels the data, its weights in several files", async () => {
    const model = await saveGraph("graph");
    const { error, notes } = await run(
      `  teacher: { use: graph-model, model: ${model}, normalize: unit }\n  softLabels: logits\n`,
    );
    expect(error).toBeUndefined();
    expect(notes).toContain('teacher: the scores in "scores:0" are logits (rows do not sum to 1)');
    expect(notes.filter((note) => note.includes("not captured"))).toEqual([]);
  });

  it("a graph model's parameters and multiply-adds stand beside its scores", async () => {
    const teacher = await saveGraph("graph-cost");
    const student = await save("graph-cost-student", await classifier(false));
    const { error, metrics } = await run(
      `  teacher: { use: graph-model, model: ${teacher}, normalize: unit }\n  model: { use: layers-model, model: ${student}, normalize: unit }\n  evaluate: { use: classification, latencyRuns: 0 }\n`,
    );
    expect(error).toBeUndefined();
    const row = metrics?.rows.find(({ role }) => role === "teacher")?.metrics;
    // 28×28×3 pixels to ten classes
    expect(row).toMatchObject({ parameters: { mean: 23_530 }, multiplyAdds: { mean: 23_520 } });
  });

  it("a layers model that scales otherwise than is said is told what it wants", async () => {
    const made = await classifier(false);
    const [kernel, bias] = made.getWeights();
    if (kernel === undefined || bias === undefined) throw new Error("no weights");
    // the nearest mean of pixels 0…255: means and biases in their units
    made.setWeights([tf.mul(kernel, 255), tf.mul(bias, 255 * 255)]);
    const model = await save("raw", made);
    const labels = (normalize: string) =>
      run(`  teacher: { use: layers-model, model: ${model}, normalize: ${normalize} }\n  softLabels: logits\n`);
    expect((await labels("none")).error).toBeUndefined();
    expect((await labels("unit")).error).toMatchObject({
      code: "KDF_TEACHER_CHANCE",
      hint: [expect.stringMatching(/^with `normalize: none` it gets [5-9]\d\.\d % right/), "nothing was labelled"],
    });
  });

  it("the other format is named", async () => {
    const model = await saveGraph("graph");
    await expect(run(`  teacher: { use: layers-model, model: ${model} }\n`)).rejects.toMatchObject({
      code: "KDF_INPUT_FORMAT",
      hint: ["take `use: graph-model`"],
    });
  });
});

describe("the stage model: layers-model", () => {
  it("is evaluated and exported without any training, its scaling and softmax inside or left out", async () => {
    const model = await save("to-export", await classifier(true));
    const { error, notes, metrics } = await run(
      `  model: { use: layers-model, model: ${model}, normalize: unit }\n  evaluate: { use: classification, latencyRuns: 0 }\n  export: layers-model\n`,
    );
    expect(error).toBeUndefined();
    expect(notes).toContainEqual(expect.stringContaining("the softmax at the end"));
    const student = metrics?.rows.find(({ role }) => role === "student")?.metrics;
    expect(student?.["top1"]?.mean).toBeCloseTo(await accuracyOf(), 10);
    expect(student).toMatchObject({ parameters: { mean: 23_530 }, multiplyAdds: { mean: 23_520 } });
  });

  it("scales each channel by itself", async () => {
    const model = await save("channels", await classifier(false));
    const scaling = "{ mean: [0, 0, 0], std: [1, 0.999999, 1] }";
    const { error, metrics } = await run(
      `  model: { use: layers-model, model: ${model}, normalize: ${scaling} }\n  evaluate: { use: classification, latencyRuns: 0 }\n`,
    );
    expect(error).toBeUndefined();
    const student = metrics?.rows.find(({ role }) => role === "student")?.metrics;
    expect(student?.["top1"]?.mean).toBeCloseTo(await accuracyOf(), 10);
  });

  it("takes what kdflow exported as it is: the same bytes, its class names in the report", async () => {
    const model = await save("exported", await classifier(false));
    await writeFile(join(folder, "exported", "export.json"), JSON.stringify({ classNames: dataset.classNames }));
    const { made, outcome } = await runPipeline(
      folder,
      `  model: { use: layers-model, model: ${model} }\n  export: layers-model\n`,
    );
    expect(outcome.error).toBeUndefined();
    const exported = made["export"] ?? "";
    expect(await readFile(join(exported, "weights.bin"))).toEqual(
      await readFile(join(folder, "exported", "weights.bin")),
    );
    const report = JSON.parse(await readFile(join(exported, "export.json"), "utf8"));
    expect(report).toMatchObject({ classNames: dataset.classNames, parameters: 23_530, multiplyAdds: 23_520 });
  });
});
