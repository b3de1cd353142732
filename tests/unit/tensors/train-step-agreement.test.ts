import type { LayersModel, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import type { Backend, HostState, StateVariable, Tf } from "../../../core/index.ts";
import { loadBackend, nativeReason } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";

const classes = 5;
const batchSize = 6;

/** conv – batch norm – relu6 – depthwise – batch norm – relu – leaky relu – dense */
function network(tf: Tf): LayersModel {
  const { layers } = tf;
  const input = tf.input({ shape: [9, 9, 2] });
  const stack = [
    layers.conv2d({ name: "conv", filters: 8, kernelSize: 3, strides: 2, padding: "same", useBias: false }),
    layers.batchNormalization({ name: "norm1" }),
    layers.reLU({ name: "relu6", maxValue: 6 }),
    layers.depthwiseConv2d({ name: "depthwise", kernelSize: 3, padding: "same", useBias: false }),
    layers.batchNormalization({ name: "norm2" }),
    layers.reLU({ name: "relu" }),
    layers.conv2d({ name: "pointwise", filters: 6, kernelSize: 1, useBias: false }),
    layers.leakyReLU({ name: "leaky", alpha: 0.1 }),
    layers.flatten({ name: "flatten" }),
    layers.dense({ name: "dense", units: classes }),
  ];
  let x = input;
  for (const layer of stack) x = layer.apply(x) as typeof x;
  const model = tf.model({ inputs: input, outputs: x });
  tf.tidy(() => {
    model.setWeights(
      model.weights.map((weight, i) => tf.tensor(numbers(weight.shape as number[], i), weight.shape as number[])),
    );
  });
  return model;
}

/** Numbers without pattern around 0.4, so that running variances stay positive. */
function numbers(shape: readonly number[], phase: number): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: size }, (_, i) => 0.4 + Math.sin(phase + i * 12.9898) * 0.35);
}

function stateOf(model: LayersModel): StateVariable[] {
  return model.weights.map((weight) => ({
    name: weight.originalName,
    variable: (weight as unknown as { readonly val: Variable }).val,
  }));
}

interface Outcome {
  readonly losses: readonly number[];
  readonly logits: Float32Array;
  readonly state: HostState;
  readonly leaked: number;
}

/** Three steps of gradient descent, then a prediction. */
async function train({ tf, createStep }: Backend): Promise<Outcome> {
  const before = tf.memory().numTensors;
  const model = network(tf);
  const state = stateOf(model);
  const trained = model.trainableWeights.map((weight) => (weight as unknown as { readonly val: Variable }).val);
  const step = await createStep({
    inputs: { pixels: { shape: [9, 9, 2], dtype: "uint8" }, labels: { shape: [], dtype: "int32" } },
    scalars: ["learningRate"],
    state,
    body({ pixels, labels }, { learningRate }) {
      const { value, grads } = tf.variableGrads(() => {
        const logits = model.apply(tf.div(tf.cast(pixels as Tensor, "float32"), 255), { training: true }) as Tensor;
        return tf.losses.softmaxCrossEntropy(tf.oneHot(labels as never, classes), logits, undefined, 0.1) as Scalar;
      }, trained);
      for (const weight of trained)
        weight.assign(tf.sub(weight, tf.mul(grads[weight.name] as Tensor, learningRate as Scalar)));
      return { loss: value };
    },
    predictInputs: ["pixels"],
    predict: ({ pixels }) => ({ logits: model.apply(tf.div(tf.cast(pixels as Tensor, "float32"), 255)) as Tensor }),
  });
  const pixels = Uint8Array.from({ length: batchSize * 9 * 9 * 2 }, (_, i) => (i * 73 + ((i * i) % 89)) % 256);
  const labels = Int32Array.from({ length: batchSize }, (_, i) => i % classes);
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const fetched = await step.run({ pixels, labels }, batchSize, { learningRate: 0.05 }, { fetch: true });
    losses.push(...(fetched?.["loss"] ?? []));
  }
  const { logits } = (await step.predict({ pixels }, batchSize)) as { logits: Float32Array };
  const host = await step.readState();
  step.dispose();
  model.dispose();
  return { losses, logits, state: host, leaked: tf.memory().numTensors - before };
}

test.for(["wasm", "tensorflow"])("three train steps on %s agree with those on cpu", async (id, context) => {
  const reason = id === "tensorflow" ? await nativeReason() : undefined;
  if (reason !== undefined) return context.skip(reason);
  const expected = await train(await loadBackend("cpu"));
  const actual = await train(await loadBackend(id));

  expect(actual.leaked).toBe(0);
  expect(expected.leaked).toBe(0);
  expect(relativeError(actual.losses, expected.losses)).toBeLessThanOrEqual(tolerances.value);
  expect(relativeError(actual.logits, expected.logits)).toBeLessThanOrEqual(tolerances.value);
  expect([...actual.state.keys()]).toEqual([...expected.state.keys()]);
  for (const [name, values] of expected.state) {
    expect.soft(relativeError(actual.state.get(name) ?? [], values), name).toBeLessThanOrEqual(tolerances.value);
  }
});
