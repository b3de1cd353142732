import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Exported,
  layersModelFiles,
  loadLayersModel,
  type Model,
  type Predictor,
  type StageContext,
} from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { bestModel } from "../../../plugins/exporters/copying/best-model.ts";
import { layersModel } from "../../../plugins/exporters/layers-model.ts";
import { countMultiplyAdds, countParameters } from "../../../plugins/networks/measures/multiply-adds.ts";
import { classificationId, classifierOutputs } from "../../../plugins/tasks/classification/names.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { backend, buildNetwork, tf } from "../networks/build-network.ts";
import { plainTfjsLogits } from "../networks/plain-tfjs.ts";

const size = 12;
const shape = [3, size, size, 1];
const pixels = Uint8Array.from({ length: 3 * size * size }, (_, i) => (i * 37) % 256);

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kdflow-export-"));
});

afterEach(() => rm(root, { recursive: true, force: true }));

const taskOf = () => classification.task;

/** A real model on disk, as a train stage leaves it. */
async function trained(seed: number, top1?: number): Promise<Model> {
  const backbone = { use: "shufflenet-v2", width: 0.25 } as const;
  const { model } = await buildNetwork({ backbone, size, channels: 1, classes: 3, seed });
  const directory = await mkdtemp(join(root, "model-"));
  for (const [name, bytes] of Object.entries(await layersModelFiles(model)))
    await writeFile(join(directory, name), bytes);
  await writeFile(join(directory, "description.json"), "{}");
  const { trainable, all } = countParameters(model);
  const description = {
    classNames: ["a", "b", "c"],
    imageSize: { height: size, width: size, channels: 1 },
    task: classificationId,
    outputs: classifierOutputs(3),
    trainableParameters: trainable,
    parameters: all,
    multiplyAdds: countMultiplyAdds(model),
    sizeBytes: 0,
    ...(top1 === undefined ? {} : { best: { epoch: 1, metric: "top1", value: top1 } }),
    history: [],
  };
  model.dispose();
  return { description, digest: `seed ${seed}`, directory, load: () => predictorOf(directory) };
}

async function predictorOf(directory: string, shift = 0): Promise<Predictor> {
  const model = await loadLayersModel(tf, directory);
  return {
    outputs: classifierOutputs(3),
    async predict(images, count) {
      const input = tf.tensor(Float32Array.from(images), [count, size, size, 1]);
      const logits = tf.tidy(() => tf.add(model.predict(input) as Tensor, shift));
      const values = Float32Array.from(await logits.data());
      tf.dispose([input, logits]);
      return { logits: values };
    },
    dispose: () => model.dispose(),
  };
}

async function runExport(models: readonly Model[]): Promise<string> {
  const outputDir = await mkdtemp(join(root, "export-"));
  const { signal } = new AbortController();
  const context = {
    tf,
    backend,
    outputDir,
    signal,
    rng: (stream: string) => createRng(0, stream),
    task: taskOf,
  } as unknown as StageContext;
  await layersModel.run({ licences: {} } as never, { model: models }, context);
  return outputDir;
}

async function open(directory: string): Promise<Exported> {
  return layersModel.open({ directory, digest: "" }, {} as never, {} as StageContext);
}

describe("export/layers-model", () => {
  test("writes a model that plain TensorFlow.js answers the same with", async () => {
    const model = await trained(1);
    const predictor = await model.load(backend, { debug() {}, info() {}, warn() {} });
    const expected = await predictor.predict(pixels, 3);
    predictor.dispose();

    const directory = await runExport([model]);

    expect((await readdir(directory)).toSorted()).toEqual([
      "export.json",
      "model-card.md",
      "model.json",
      "weights.bin",
    ]);
    expect(
      relativeError(await plainTfjsLogits(directory, pixels, shape), expected["logits"] ?? []),
    ).toBeLessThanOrEqual(tolerances.value);
  });

  test("reports files, parity and what the model takes", async () => {
    const directory = await runExport([await trained(1, 0.5)]);

    const exported = await open(directory);
    const report = JSON.parse(await readFile(join(directory, "export.json"), "utf8"));

    expect(exported.parity).toBeLessThanOrEqual(tolerances.value);
    expect(exported.files.map((file) => file.path)).toEqual(["model.json", "weights.bin"]);
    expect(exported.files[1]?.bytes).toBe(report.parameters * 4);
    expect(report.classNames).toEqual(["a", "b", "c"]);
    expect(report.input).toMatchObject({ height: size, width: size, channels: 1, pixels: "0…255" });
  });

  test("keeps the table of the card where class names have bars, line breaks and marks", async () => {
    const model = await trained(1);
    const classNames = ["a|b", "line\nbreak", "<b>`c`</b>"];
    const directory = await runExport([{ ...model, description: { ...model.description, classNames } }]);

    const card = await readFile(join(directory, "model-card.md"), "utf8");
    expect(card).toContain("| classes | 3: a\\|b, line break, \\<b\\>\\`c\\`\\</b\\> |\n| input |");
    expect(card).toContain("## Evaluation\n\nNone:");
  });

  test("takes the model with the best validation metric", async () => {
    const models = [await trained(1, 0.8), await trained(2, 0.9), await trained(3, 0.7)];

    const directory = await runExport(models);

    const [written, best] = await Promise.all(
      [directory, models[1]?.directory ?? ""].map((folder) => readFile(join(folder, "weights.bin"))),
    );
    expect(written?.equals(best ?? Buffer.alloc(0))).toBe(true);
  });

  test("writes the same bytes every time", async () => {
    const model = await trained(1, 0.5);
    const [first, second] = [await runExport([model]), await runExport([model])];

    for (const name of await readdir(first)) {
      const [expected, found] = await Promise.all([first, second].map((folder) => readFile(join(folder, name))));
      expect(found?.equals(expected ?? Buffer.alloc(0))).toBe(true);
    }
  });

  test("refuses a copy that answers differently", async () => {
    const model = await trained(1);
    const drifted = { ...model, load: () => predictorOf(model.directory, 0.01) };

    await expect(runExport([drifted])).rejects.toMatchObject({ code: "KDF_EXPORT_PARITY" });
  });

  test("refuses a model whose logits are not numbers", async () => {
    const model = await trained(1);
    const broken = { ...model, load: () => predictorOf(model.directory, Number.NaN) };

    await expect(runExport([broken])).rejects.toMatchObject({ code: "KDF_EXPORT_PARITY" });
  });

  test("leaves no tensor behind", async () => {
    const model = await trained(1);
    await runExport([model]);
    const before = tf.memory().numTensors;

    await runExport([model]);

    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("the best model", () => {
  test("has the least of a metric of which less is better", async () => {
    const models = [await trained(1), await trained(2), await trained(3)].map((model, place) => {
      const best = { epoch: 1, metric: "nll", value: [0.9, 0.2, 0.5][place] ?? 0 };
      return { ...model, description: { ...model.description, best } };
    });

    expect(bestModel(models, taskOf)).toBe(models[1]);
  });

  test("is the first on ties, and one without a metric only where no other is", async () => {
    const [outside, first, tied] = [await trained(1), await trained(2, 0.9), await trained(3, 0.9)];

    expect(bestModel([outside, first, tied], taskOf)).toBe(first);
    expect(bestModel([outside], taskOf)).toBe(outside);
    expect(bestModel([], taskOf)).toBeUndefined();
  });
});
