import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtinRegistry } from "../../../core/cli/builtins.ts";
import { type Backend, type LoadedModel, layersModelFiles, loadPredictor, type Tf } from "../../../core/index.ts";
import { describedModel } from "../../../core/predict/described-model.ts";
import { batchSizes } from "../../../core/tensors/load-predictor.ts";
import { testBackend } from "../../support/backend.ts";

let folder: string;
let backend: Backend;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-classifier-"));
  backend = await testBackend();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** Loads what a builder makes of an input of `shape`, as any other program would have saved it. */
async function load(
  shape: (number | null)[],
  build: (tf: Tf, input: SymbolicTensor) => SymbolicTensor | SymbolicTensor[],
): Promise<LoadedModel> {
  const { tf } = backend;
  const input = tf.input({ shape });
  const model: LayersModel = tf.model({ inputs: input, outputs: build(tf, input) });
  for (const [name, bytes] of Object.entries(await layersModelFiles(model))) await writeFile(join(folder, name), bytes);
  model.dispose();
  return describedModel(await builtinRegistry(), undefined, folder, async (outputsOf) => ({
    ...(await loadPredictor(backend, log, folder, outputsOf)),
    runsOn: backend.id,
  }));
}

/** The sum of all pixels for each of two classes. */
const scores = (tf: Tf, input: SymbolicTensor, activation: "linear" | "softmax"): SymbolicTensor => {
  const flat = tf.layers.flatten().apply(input) as SymbolicTensor;
  const dense = tf.layers.dense({ units: 2, activation, kernelInitializer: "ones", biasInitializer: "zeros" });
  return dense.apply(flat) as SymbolicTensor;
};

describe("loadPredictor", () => {
  it("tells the input and the classes of a model, and gives its logits", async () => {
    const classifier = await load([1, 2, 3], (tf, input) => scores(tf, input, "linear"));
    expect(classifier).toMatchObject({
      imageSize: { height: 1, width: 2, channels: 3 },
      outputs: { logits: { kind: "softmax-logits", shape: [2] } },
    });
    const { logits } = await classifier.predict(Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 255), 2);
    expect([...(logits ?? [])]).toEqual([21, 21, 255, 255]);
    classifier.dispose();
  });

  it("knows probabilities by a softmax at the end, as an activation or as a layer", async () => {
    const activation = await load([2, 2, 1], (tf, input) => scores(tf, input, "softmax"));
    expect(activation.outputs["logits"]?.kind).toBe("softmax-probs");
    expect([...((await activation.predict(new Uint8Array(4), 1))["logits"] ?? [])]).toEqual([0.5, 0.5]);
    activation.dispose();
    const layer = await load([2, 2, 1], (tf, input) => {
      return tf.layers.softmax().apply(scores(tf, input, "linear")) as SymbolicTensor;
    });
    expect(layer.outputs["logits"]?.kind).toBe("softmax-probs");
    layer.dispose();
  });

  it("looks at as many images at once as fit, and at no more", () => {
    expect(batchSizes({ height: 28, width: 28, channels: 1 })).toEqual([256, 32, 1]);
    expect(batchSizes({ height: 224, width: 224, channels: 3 })).toEqual([64, 32, 1]);
    expect(batchSizes({ height: 416, width: 416, channels: 3 })).toEqual([32, 1]);
    expect(batchSizes({ height: 4096, width: 4096, channels: 3 })).toEqual([1]);
  });

  it("refuses models that are no classifiers of images, with what they are", async () => {
    const dense = (tf: Tf, input: SymbolicTensor) => tf.layers.dense({ units: 2 }).apply(input) as SymbolicTensor;
    const cases = [
      [() => load([4], dense), "takes 1 inputs, the first of shape [any, 4]"],
      [() => load([2, 2, 1], dense), "gives 1 outputs, the first of shape [any, 2, 2, 2]"],
      [
        () => load([null, null, 3], (tf, input) => tf.layers.globalAveragePooling2d({}).apply(input) as SymbolicTensor),
        "leaves its input size free: [any, any, any, 3]",
      ],
    ] as const;
    for (const [loading, text] of cases) {
      await expect(loading()).rejects.toMatchObject({
        code: "KDF_INPUT_FORMAT",
        message: expect.stringContaining(text),
      });
    }
  });
});
