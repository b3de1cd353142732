import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, HostState, StepBody, StepSpec, Tf } from "../../../../core/index.ts";
import { createEagerStep } from "../../../../plugins/backends/eager/eager-step.ts";
import { countOf, loadedGraphs } from "../../../support/loaded-graphs.ts";
import { nativeTest } from "./native-test.ts";
import { expectSameResults, expectSameState, smallBatch } from "./small-step.ts";

/**
 * Two kernels with weight decay and two factors without, all with momentum; a moving average beside each factor; a
 * counter. What changes alike lies together: kernels, factors, their velocities, averages, the counter.
 */
const shapes = { kernel1: [4, 3], factor1: [3], kernel2: [1, 3, 2], factor2: [2], average1: [3], average2: [2] };
const weights = ["kernel1", "factor1", "kernel2", "factor2"] as const;
const averages = { average1: "factor1", average2: "factor2" } as const;

type Variables = Readonly<Record<string, Variable>>;

function createVariables(tf: Tf): Variables {
  const created: Record<string, Variable> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const size = shape.reduce((product, length) => product * length, 1);
    const values = Float32Array.from({ length: size }, (_, i) => Math.cos(i + name.length));
    created[name] = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  }
  for (const name of weights) created[`${name}.velocity`] = tf.tidy(() => tf.variable(tf.zeros(shapes[name])));
  created["steps"] = tf.tidy(() => tf.variable(tf.tensor1d([0, 7], "int32")));
  return created;
}

/** @param trained weights that the step changes */
function bodyOf({ tf }: Backend, variables: Variables, trained: readonly string[]): StepBody {
  const of = (name: string): Variable => variables[name] as Variable;
  return ({ x }, { learningRate }) => {
    const { value, grads } = tf.variableGrads(() => {
      const hidden = tf.mul(tf.matMul(x as never, of("kernel1") as never), of("factor1"));
      const second = tf.matMul(hidden as never, tf.reshape(of("kernel2"), [3, 2]) as never);
      return tf.mean(tf.square(tf.sub(tf.mul(second, of("factor2")), 1))) as Scalar;
    }, trained.map(of));
    for (const name of trained) {
      const gradient = grads[of(name).name] as Tensor;
      const decayed = name.startsWith("kernel") ? tf.add(gradient, tf.mul(of(name), 0.01)) : gradient;
      const velocity = tf.add(tf.mul(of(`${name}.velocity`), 0.9), decayed);
      of(`${name}.velocity`).assign(velocity);
      of(name).assign(tf.sub(of(name), tf.mul(velocity, learningRate as Scalar)));
    }
    for (const [average, weight] of Object.entries(averages)) {
      const before = of(average);
      before.assign(tf.sub(before, tf.mul(tf.sub(before, of(weight)), 0.25)));
    }
    of("steps").assign(tf.add(of("steps"), tf.scalar(1, "int32")));
    return { loss: value };
  };
}

function specOf(backend: Backend, variables: Variables): StepSpec {
  return {
    inputs: { x: { shape: [4], dtype: "float32" } },
    scalars: ["learningRate"],
    state: Object.entries(variables).map(([name, variable]) => ({ name, variable })),
    body: bodyOf(backend, variables, weights),
    variants: { partly: bodyOf(backend, variables, ["kernel2", "factor1"]) },
    predictInputs: ["x"],
    predict: ({ x }) => ({
      hidden: backend.tf.mul(
        backend.tf.matMul(x as never, variables["kernel1"] as never),
        variables["factor1"] as never,
      ),
    }),
    example: {
      batch: { x: smallBatch(4)["x"] as Float32Array },
      batchSizes: [4],
      variantSizes: { partly: [4] },
      scalars: { learningRate: 0.1 },
    },
  };
}

async function train(backend: Backend, mode: "captured" | "eager") {
  const variables = createVariables(backend.tf);
  const spec = specOf(backend, variables);
  const step = mode === "eager" ? createEagerStep(backend.tf, spec) : await backend.createStep(spec);
  expect(step.mode, step.eagerReason).toBe(mode);
  const path: HostState[] = [];
  for (const [i, variant] of [undefined, "partly", undefined, undefined, "partly"].entries()) {
    const batch = { x: smallBatch(4, i)["x"] as Float32Array };
    await step.run(batch, 4, { learningRate: 0.1 / (1 + i) }, { fetch: false, variant });
    path.push(await step.readState());
  }
  const predicted = await step.predict({ x: smallBatch(4)["x"] as Float32Array }, 4);
  await step.writeState(path[0] ?? new Map());
  const restored = await step.readState();
  step.dispose();
  backend.tf.dispose(Object.values(variables));
  return { path, predicted, restored };
}

nativeTest(
  "state that lies together trains as it does apart, in variants that change a part of it too",
  async (backend) => {
    const captured = await train(backend, "captured");
    const eager = await train(backend, "eager");
    for (const [i, state] of eager.path.entries()) expectSameState(captured.path[i] ?? new Map(), state);
    expectSameResults(captured.predicted, eager.predicted);
    expect([...(captured.path.at(-1)?.get("steps") ?? [])]).toEqual([5, 12]);
    expect(captured.restored).toEqual(captured.path[0]);
  },
);

nativeTest("what changes alike is one variable, changed by one operation", async (backend) => {
  using watched = loadedGraphs(backend);
  await train(backend, "captured");
  const [graph = ""] = watched.graphs;
  expect(countOf(graph, "VarHandleOp")).toBe(6);
  expect(countOf(graph, "ResourceApplyMomentum")).toBe(2);
});

nativeTest("a gradient that needs another weight's new value follows the eager step", async (backend) => {
  const captured = await trainChained(backend, "captured");
  const eager = await trainChained(backend, "eager");
  expectSameState(captured, eager);
});

/** Two weights of one rule with momentum, the second of which descends with the new value of the first. */
async function trainChained(backend: Backend, mode: "captured" | "eager"): Promise<HostState> {
  const { tf } = backend;
  const variable = (value: number) => tf.tidy(() => tf.variable(tf.fill([4], value)));
  const variables = { first: variable(0.5), second: variable(0.25), velocity1: variable(0), velocity2: variable(0) };
  const { first, second, velocity1, velocity2 } = variables;
  const spec: StepSpec = {
    inputs: { x: { shape: [4], dtype: "float32" } },
    scalars: ["learningRate"],
    state: Object.entries(variables).map(([name, each]) => ({ name, variable: each })),
    body({ x }, { learningRate }) {
      const rules = [
        { weight: first, velocity: velocity1, factor: () => tf.mean(x as Tensor, 0) },
        { weight: second, velocity: velocity2, factor: () => tf.mul(tf.mean(x as Tensor, 0), first) },
      ];
      for (const { weight, velocity, factor } of rules) {
        const moved = tf.add(tf.mul(velocity, 0.9), tf.sin(tf.mul(factor(), weight)));
        velocity.assign(moved);
        weight.assign(tf.sub(weight, tf.mul(moved, learningRate as Scalar)));
      }
      return { loss: tf.sum(second) as Scalar };
    },
    predictInputs: ["x"],
    predict: ({ x }) => ({ y: tf.mul(x as Tensor, second) }),
    example: { batch: { x: smallBatch(4)["x"] as Float32Array }, batchSizes: [4], scalars: { learningRate: 0.1 } },
  };
  const step = mode === "eager" ? createEagerStep(tf, spec) : await backend.createStep(spec);
  expect(step.mode, step.eagerReason).toBe(mode);
  for (let i = 0; i < 3; i++) {
    await step.run({ x: smallBatch(4, i)["x"] as Float32Array }, 4, { learningRate: 0.1 }, { fetch: false });
  }
  const state = await step.readState();
  step.dispose();
  tf.dispose(Object.values(variables));
  return state;
}
