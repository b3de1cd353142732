import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, StepSpec } from "../../../../core/index.ts";
import { createEagerStep } from "../../../../plugins/backends/eager/eager-step.ts";
import { nativeTest } from "./native-test.ts";
import { expectSameState, smallBatch, startWeights } from "./small-step.ts";

const decay = 0.9;
const steps = 50;

/** Gradient descent on `mean((x · weight − 1)²)`, with a running mean of the weight after each step. */
function averagedStep({ tf }: Backend, weight: Variable, average: Variable): StepSpec {
  return {
    inputs: { x: { shape: [4], dtype: "float32" } },
    scalars: ["learningRate", "decay"],
    state: [
      { name: "weight", variable: weight },
      { name: "average", variable: average },
    ],
    body({ x }, { learningRate, decay: kept }) {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(tf.squaredDifference(tf.mul(x as Tensor, weight), 1)) as Scalar,
        [weight],
      );
      weight.assign(tf.sub(weight, tf.mul(grads[weight.name] as Tensor, learningRate as Scalar)));
      const change = tf.mul(tf.sub(weight, average), tf.sub(1, kept as Scalar));
      average.assign(tf.add(average, change));
      return { loss: value };
    },
    predictInputs: ["x"],
    predict: ({ x }) => ({ weighted: tf.mul(x as Tensor, average) }),
    example: { batch: { x: xOf(0) }, batchSizes: [4], scalars: { learningRate: 0.1, decay } },
  };
}

function xOf(step: number): Float32Array {
  return smallBatch(4, step)["x"] as Float32Array;
}

async function train(backend: Backend, kind: "captured" | "eager") {
  const { tf } = backend;
  const [weight, average] = [0, 1].map(() => tf.variable(tf.tensor1d([...startWeights]))) as [Variable, Variable];
  const spec = averagedStep(backend, weight, average);
  const step = kind === "eager" ? createEagerStep(tf, spec) : await backend.createStep(spec);
  expect(step.mode).toBe(kind);
  const path = [await step.readState()];
  for (let i = 0; i < steps; i++) {
    await step.run({ x: xOf(i) }, 4, { learningRate: 0.5 / (1 + i), decay }, { fetch: false });
    path.push(await step.readState());
  }
  const predicted = await step.predict({ x: xOf(0) }, 4);
  step.dispose();
  tf.dispose([weight, average]);
  return { path, predicted };
}

nativeTest("a moving average in the state follows the eager one over fifty steps, weights and all", async (backend) => {
  const captured = await train(backend, "captured");
  const eager = await train(backend, "eager");
  for (const [i, state] of eager.path.entries()) expectSameState(captured.path[i] ?? new Map(), state);
  expectSameState(new Map(Object.entries(captured.predicted)), new Map(Object.entries(eager.predicted)));
});

nativeTest("a moving average in the state is that of the weights after each step", async (backend) => {
  const { path } = await train(backend, "captured");
  const expected = Float64Array.from(startWeights);
  for (const state of path.slice(1)) {
    const weights = state.get("weight") ?? [];
    for (const [i, value] of expected.entries()) {
      expected[i] = decay * value + (1 - decay) * (weights[i] ?? Number.NaN);
    }
  }
  expectSameState(
    new Map([["average", path.at(-1)?.get("average") ?? new Float32Array()]]),
    new Map([["average", Float32Array.from(expected)]]),
  );
});
