import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { io, Scalar, Tensor } from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { detach, type Tf } from "../../../core/index.ts";
import { loadBackend, nativeReason } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";

const native = await nativeReason();

describe.for(["cpu", "wasm", "tensorflow"])("tf on %s", (id) => {
  const skipped = id === "tensorflow" ? native : undefined;
  let tf: Tf;
  let tensorsBefore = 0;

  beforeAll(async () => {
    if (skipped !== undefined) return;
    tf = (await loadBackend(id)).tf;
    tensorsBefore = tf.memory().numTensors;
  });

  afterAll(() => {
    if (skipped === undefined) expect(tf.memory().numTensors).toBe(tensorsBefore);
  });

  const check = (title: string, body: () => void | Promise<void>) =>
    test(title, async (context) => {
      if (skipped !== undefined) return context.skip(skipped);
      tf.engine().startScope();
      try {
        await body();
      } finally {
        tf.engine().endScope();
      }
    });

  const close = (actual: Tensor, expected: readonly number[]) =>
    expect(relativeError(Array.from(actual.dataSync()), expected)).toBeLessThanOrEqual(tolerances.value);

  check("is frozen, down to the parts that were replaced", () => {
    expect(Object.isFrozen(tf)).toBe(true);
    expect(Object.isFrozen(tf.layers)).toBe(true);
    expect(Object.isFrozen(tf.losses)).toBe(true);
  });

  check("normalises a training batch by the biased variance and averages the unbiased one, as PyTorch does", () => {
    const layer = tf.layers.batchNormalization();
    // one channel with 1, 2, 3, 6: mean 3, Σ(x − 3)² = 4 + 1 + 0 + 9 = 14
    const y = layer.apply(tf.tensor2d([1, 2, 3, 6], [4, 1]), { training: true }) as Tensor;
    const deviation = Math.sqrt(14 / 4 + 1e-5);

    close(y, [-2 / deviation, -1 / deviation, 0, 3 / deviation]);
    const [, , movingMean, movingVariance] = layer.getWeights() as [Tensor, Tensor, Tensor, Tensor];
    close(movingMean, [0.9 * 0 + 0.1 * 3]);
    close(movingVariance, [0.9 * 1 + (0.1 * 14) / 3]);
    layer.dispose();
  });

  check("normalises by the running averages outside training", () => {
    const layer = tf.layers.batchNormalization({ epsilon: 0.25 });
    layer.apply(tf.tensor2d([0], [1, 1]));
    layer.setWeights([tf.tensor1d([2]), tf.tensor1d([1]), tf.tensor1d([5]), tf.tensor1d([2])]);

    const y = layer.apply(tf.tensor2d([8], [1, 1])) as Tensor;

    close(y, [(2 * (8 - 5)) / Math.sqrt(2 + 0.25) + 1]);
    layer.dispose();
  });

  check("normalises along an axis that is not the last, without scale and centre", () => {
    const layer = tf.layers.batchNormalization({ axis: 1, scale: false, center: false });
    // channels are rows here: (0, 2) and (10, 14)
    const y = layer.apply(tf.tensor3d([0, 2, 10, 14], [1, 2, 2]), { training: true }) as Tensor;

    expect(y.shape).toEqual([1, 2, 2]);
    const narrow = 1 / Math.sqrt(1 + 1e-5);
    const wide = 2 / Math.sqrt(4 + 1e-5);
    close(y, [-narrow, narrow, -wide, wide]);
    layer.dispose();
  });

  check("leaves a single value in a batch without variance", () => {
    const layer = tf.layers.batchNormalization();

    const y = layer.apply(tf.tensor2d([7], [1, 1]), { training: true }) as Tensor;

    expect(y.dataSync()[0]).toBeCloseTo(0, 6);
    expect((layer.getWeights()[3] as Tensor).dataSync()[0]).toBeCloseTo(0.9, 6);
    layer.dispose();
  });

  check("passes gradients through reLU between its bounds only", () => {
    const x = tf.tensor1d([-1, 0, 3, 6, 7]);
    const gradientOf = (maxValue?: number) => {
      const layer = tf.layers.reLU(maxValue === undefined ? {} : { maxValue });
      return tf.grad((input) => layer.apply(input) as Tensor)(x);
    };

    close(gradientOf(6), [0, 0, 1, 0, 0]);
    close(gradientOf(), [0, 0, 1, 1, 1]);
    close(tf.layers.reLU({ maxValue: 6 }).apply(x) as Tensor, [0, 0, 3, 6, 6]);
    close(tf.layers.reLU({ maxValue: 2 }).apply(x) as Tensor, [0, 0, 2, 2, 2]);
  });

  check("passes a share of the gradient through leakyReLU below zero", () => {
    const layer = tf.layers.leakyReLU({ alpha: 0.25 });
    const x = tf.tensor1d([-2, 0, 4]);

    close(layer.apply(x) as Tensor, [-0.5, 0, 4]);
    close(tf.grad((input) => layer.apply(input) as Tensor)(x), [0.25, 0.25, 1]);
  });

  check("has the softmax cross-entropy of stock TensorFlow.js, with smoothing, weights and reductions", () => {
    const labels = tf.tensor2d([1, 0, 0, 0, 0.5, 0.5], [2, 3]);
    const logits = tf.tensor2d([2, -1, 0.5, 0, 3, -2], [2, 3]);
    const probs = softmaxRows([
      [2, -1, 0.5],
      [0, 3, -2],
    ]);
    const rowLosses = [-Math.log(at(probs, 0, 0)), -0.5 * Math.log(at(probs, 1, 1)) - 0.5 * Math.log(at(probs, 1, 2))];
    const smoothed = (row: number, hard: readonly number[]) =>
      hard.reduce((sum, label, i) => sum - (label * 0.7 + 0.1) * Math.log(at(probs, row, i)), 0);
    const { softmaxCrossEntropy } = tf.losses;
    const { Reduction } = tf;
    const [first, second] = rowLosses as [number, number];

    close(softmaxCrossEntropy(labels, logits), [(first + second) / 2]);
    close(softmaxCrossEntropy(labels, logits, undefined, 0, Reduction.NONE), [first, second]);
    close(softmaxCrossEntropy(labels, logits, tf.tensor1d([0, 3]), 0, Reduction.SUM), [3 * second]);
    close(softmaxCrossEntropy(labels, logits, tf.tensor1d([0, 3])), [3 * second]);
    close(softmaxCrossEntropy(labels, logits, undefined, 0.3), [
      (smoothed(0, [1, 0, 0]) + smoothed(1, [0, 0.5, 0.5])) / 2,
    ]);
    const gradient = tf.grad((x) => softmaxCrossEntropy(labels, x) as Scalar)(logits);
    close(gradient, [
      (at(probs, 0, 0) - 1) / 2,
      at(probs, 0, 1) / 2,
      at(probs, 0, 2) / 2,
      at(probs, 1, 0) / 2,
      (at(probs, 1, 1) - 0.5) / 2,
      (at(probs, 1, 2) - 0.5) / 2,
    ]);
  });

  check("keeps softmax cross-entropy and its gradient finite at extreme logits", () => {
    const labels = tf.tensor2d([0, 1], [1, 2]);
    const loss = (x: Tensor) => tf.losses.softmaxCrossEntropy(labels, x) as Scalar;

    close(loss(tf.tensor2d([1e4, -1e4], [1, 2])), [2e4]);
    close(tf.grad(loss)(tf.tensor2d([1e4, -1e4], [1, 2])), [1, -1]);
  });

  check("differentiates losses that choose by a comparison", () => {
    const x = tf.tensor1d([-2, 1, 3]);
    const y = tf.tensor1d([0, 2, 2]);
    const choose = (input: Tensor) =>
      tf.sum(tf.where(tf.logicalAnd(tf.greater(input, y), tf.less(input, 10)), tf.square(input), tf.mul(input, 5)));

    close(tf.grad(choose)(x), [5, 5, 2 * 3]);
  });

  check("stops gradients where a tensor is detached", () => {
    const x = tf.tensor1d([3]);

    const gradient = tf.grad((input) => tf.mul(input, detach(tf, input)))(x);

    close(gradient, [3]);
    close(detach(tf, x), [3]);
  });

  check("saves models that plain TensorFlow.js loads, with equal predictions", async () => {
    const { layers } = tf;
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [4, 4, 2], filters: 3, kernelSize: 3, name: "conv" }),
        layers.batchNormalization({ name: "norm" }),
        layers.reLU({ maxValue: 6, name: "relu" }),
        layers.leakyReLU({ name: "leaky" }),
      ],
    });
    const input = Array.from({ length: 32 }, (_, i) => Math.sin(i));
    const expected = Array.from((model.predict(tf.tensor4d(input, [1, 4, 4, 2])) as Tensor).dataSync());
    const artifacts = await artifactsOf(model);

    const actual = await predictInStock(artifacts, input);

    expect(JSON.stringify(artifacts.modelTopology)).toMatch(/"BatchNormalization".*"ReLU".*"LeakyReLU"/);
    expect(relativeError(actual, expected)).toBeLessThanOrEqual(tolerances.value);
    model.dispose();
  });

  check("gives models read from files the same training arithmetic", async () => {
    const model = tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [1], name: "norm" })] });
    const artifacts = await artifactsOf(model);

    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
    loaded.apply(tf.tensor2d([1, 2, 3, 6], [4, 1]), { training: true });

    close(loaded.getWeights()[3] as Tensor, [0.9 + (0.1 * 14) / 3]);
    model.dispose();
    loaded.dispose();
  });
});

function softmaxRows(logits: readonly (readonly number[])[]): number[][] {
  return logits.map((row) => {
    const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
    return row.map((logit) => Math.exp(logit) / sum);
  });
}

function at(rows: readonly (readonly number[])[], row: number, column: number): number {
  return rows[row]?.[column] ?? Number.NaN;
}

async function artifactsOf(model: { save(handler: io.IOHandler): Promise<unknown> }): Promise<io.ModelArtifacts> {
  const saved: io.ModelArtifacts[] = [];
  await model.save({
    save: async (artifacts) => {
      saved.push(artifacts);
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    },
  });
  return saved[0] as io.ModelArtifacts;
}

/** Loads and runs a model in a process that knows nothing of kdflow. */
async function predictInStock(artifacts: io.ModelArtifacts, input: readonly number[]): Promise<number[]> {
  const { modelTopology, weightSpecs } = artifacts;
  const weights = Buffer.from(artifacts.weightData as ArrayBuffer).toString("base64");
  const script = `
    const tf = require("@tensorflow/tfjs");
    const { modelTopology, weightSpecs, weights, input } = JSON.parse(process.argv[1]);
    const weightData = new Uint8Array(Buffer.from(weights, "base64")).buffer;
    tf.env().set("PROD", true);
    tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData })).then((model) => {
      const output = model.predict(tf.tensor4d(input, [1, 4, 4, 2]));
      console.log(JSON.stringify(Array.from(output.dataSync())));
    });`;
  const argument = JSON.stringify({ modelTopology, weightSpecs, weights, input });
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script, argument]);
  return JSON.parse(stdout) as number[];
}
