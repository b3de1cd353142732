import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { layersModelFiles, loadLayersModel } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { buildNetwork, type NetworkUnderTest, tf } from "./build-network.ts";
import { plainTfjsLogits } from "./plain-tfjs.ts";

const stockClasses = [
  "Add",
  "BatchNormalization",
  "Concatenate",
  "Conv2D",
  "Cropping2D",
  "Dense",
  "DepthwiseConv2D",
  "GlobalAveragePooling2D",
  "InputLayer",
  "MaxPooling2D",
  "Permute",
  "ReLU",
  "Rescaling",
  "Reshape",
  "ZeroPadding2D",
];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kdflow-model-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function save(model: LayersModel): Promise<Readonly<Record<string, Uint8Array>>> {
  const files = await layersModelFiles(model);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes);
  return files;
}

function noise(size: number, channels: number): number[] {
  const rng = createRng(3, "pixels");
  return Array.from({ length: 2 * size * size * channels }, () => rng.integer(256));
}

function logitsOf(model: LayersModel, pixels: number[], shape: number[]): number[] {
  const logits = tf.tidy(() => model.predict(tf.tensor(pixels, shape)) as Tensor);
  const values = [...logits.dataSync()];
  logits.dispose();
  return values;
}

/** Gives running averages and scales values that a trained network would have. */
function disturb(model: LayersModel): void {
  const rng = createRng(5, "averages");
  for (const layer of model.layers.filter((candidate) => candidate.getClassName() === "BatchNormalization")) {
    const weights = layer.getWeights().map((weight) => {
      const values = Float32Array.from({ length: weight.size }, () => 0.5 + rng.uniform());
      return tf.tensor(values, weight.shape);
    });
    layer.setWeights(weights);
    tf.dispose(weights);
  }
}

const networks: readonly (NetworkUnderTest & { readonly size: number })[] = [
  { backbone: { use: "resnet", depth: 8 }, size: 16, classes: 5 },
  { backbone: { use: "mobilenet-v1", width: 0.25 }, size: 16, classes: 5 },
  { backbone: { use: "mobilenet-v2", width: 0.35 }, size: 16, classes: 5 },
  { backbone: { use: "shufflenet-v2", width: 0.5 }, size: 28, channels: 1, classes: 5 },
  { backbone: { use: "shufflenet-v2", width: 0.25, stem: "imagenet" }, size: 33, classes: 5 },
];

describe("layers-model files", () => {
  test.each(networks)(
    "of $backbone hold stock layers only, and plain TensorFlow.js answers the same",
    async (wanted) => {
      const { model } = await buildNetwork(wanted);
      disturb(model);
      const { size, channels = 3 } = wanted;
      const [pixels, shape] = [noise(size, channels), [2, size, size, channels]];
      const expected = logitsOf(model, pixels, shape);

      const files = await save(model);

      const { modelTopology } = JSON.parse(new TextDecoder().decode(files["model.json"]));
      const classes = modelTopology.config.layers.map((layer: { class_name: string }) => layer.class_name);
      expect(new Set([...stockClasses, ...classes]).size).toBe(stockClasses.length);
      expect(relativeError(await plainTfjsLogits(directory, pixels, shape), expected)).toBeLessThanOrEqual(
        tolerances.value,
      );
      model.dispose();
    },
  );

  test("come back with the same answers and the same bytes", async () => {
    const { model } = await buildNetwork({ backbone: { use: "shufflenet-v2", width: 0.5 }, size: 28, classes: 5 });
    const files = await save(model);

    const loaded = await loadLayersModel(tf, directory);

    const pixels = noise(28, 3);
    expect(logitsOf(loaded, pixels, [2, 28, 28, 3])).toEqual(logitsOf(model, pixels, [2, 28, 28, 3]));
    const again = await layersModelFiles(loaded);
    expect(Buffer.from(again["weights.bin"] ?? []).equals(Buffer.from(files["weights.bin"] ?? []))).toBe(true);
    model.dispose();
    loaded.dispose();
  });

  test("have the same bytes whatever was built before", async () => {
    const wanted: NetworkUnderTest = { backbone: { use: "resnet", depth: 8 }, size: 8, classes: 2 };
    const [first, second] = [await buildNetwork(wanted), await buildNetwork(wanted)];

    const [expected, found] = [await layersModelFiles(first.model), await layersModelFiles(second.model)];
    expect(Object.keys(found)).toEqual(["model.json", "weights.bin"]);
    for (const [name, bytes] of Object.entries(found))
      expect(Buffer.compare(bytes, expected[name] ?? bytes.subarray(1))).toBe(0);
    first.model.dispose();
    second.model.dispose();
  });
});

describe("loading reports", () => {
  test("a missing file by its path", async () => {
    await expect(loadLayersModel(tf, directory)).rejects.toMatchObject({
      code: "KDF_INPUT_MISSING_FILE",
      message: expect.stringContaining(join(directory, "model.json")),
    });
  });

  test.each([
    ["text that is not JSON", "no json"],
    ["a graph model", JSON.stringify({ format: "graph-model", modelTopology: {}, weightsManifest: [] })],
    ["JSON of something else", "{}"],
    ["a bare null", "null"],
    ["a topology that is none", JSON.stringify({ modelTopology: { class_name: "Teapot" }, weightsManifest: [] })],
  ])("%s as a wrong format", async (_name, text) => {
    await writeFile(join(directory, "model.json"), text);

    await expect(loadLayersModel(tf, directory)).rejects.toMatchObject({ code: "KDF_INPUT_FORMAT" });
  });

  test("weights that are too short", async () => {
    const { model } = await buildNetwork({ backbone: { use: "resnet", depth: 8 }, size: 8, classes: 2 });
    const files = await save(model);
    await writeFile(join(directory, "weights.bin"), files["weights.bin"]?.subarray(4) ?? "");

    await expect(loadLayersModel(tf, directory)).rejects.toMatchObject({ code: "KDF_INPUT_TRUNCATED" });
    model.dispose();
  });
});
