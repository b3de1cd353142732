import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, CreateContext, Optimizer } from "../../../../core/index.ts";
import { fuseUpdates } from "../../../../plugins/backends/tensorflow/capture/fuse-updates.ts";
import { recordBody } from "../../../../plugins/backends/tensorflow/capture/record-body.ts";
import type { Trace } from "../../../../plugins/backends/tensorflow/capture/trace.ts";
import { nativeBackend } from "../../../../plugins/backends/tensorflow/native-backend.ts";
import { adam } from "../../../../plugins/optimizers/adam.ts";
import { adamw } from "../../../../plugins/optimizers/adamw.ts";
import { sgd } from "../../../../plugins/optimizers/sgd.ts";
import { nativeTest } from "./native-test.ts";
import { expectSameResults, expectSameState, smallBatch, smallScalars, smallStep } from "./small-step.ts";

type OptimizerName = keyof typeof providers;
type Options = Readonly<Record<string, number | boolean>>;
type Named = readonly [OptimizerName, Options];

const providers = { sgd, adam, adamw };
const plain: Options = { momentum: 0.9, nesterov: false, weightDecay: 0 };
const adamOptions: Options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

nativeTest("momentum, with or without weight decay and Nesterov's look-ahead, is one operation", async (backend) => {
  for (const options of [plain, { ...plain, weightDecay: 0.01 }, { ...plain, nesterov: true }]) {
    const trace = await recorded(backend, ["sgd", options]);
    const fused = fused32(backend, trace);
    const flags = { use_nesterov: options["nesterov"] };
    expect(fused.updates).toMatchObject([{ operation: "ResourceApplyMomentum", weight: 0, slots: [1], flags }]);
    expect(fused.assigned.size).toBe(0);
    expect(fused.ops.length).toBeLessThan(trace.ops.length);
  }
});

nativeTest("Adam, with weight decay in the gradient or beside it, is one operation", async (backend) => {
  for (const use of adamUses) {
    const trace = await recorded(backend, use);
    const fused = fused32(backend, trace);
    expect(fused.updates).toMatchObject([{ operation: "ResourceApplyAdam", weight: 0, slots: [1, 2] }]);
    expect(fused.updates[0]?.decay === undefined).toBe(use[0] === "adam");
    expect(fused.assigned.size).toBe(0);
    expect(fused.ops.some(({ name }) => name === "Sqrt" || name === "RealDiv")).toBe(false);
  }
});

nativeTest("what changes no slot is not fused", async (backend) => {
  expect(fused32(backend, await recorded(backend, ["sgd", { ...plain, momentum: 0 }])).updates).toEqual([]);
});

nativeTest("a new moment or velocity that the step goes on to use is computed as before", async (backend) => {
  for (const use of [
    ["sgd", plain],
    ["adam", adamOptions],
  ] as const) {
    const trace = await recorded(backend, use, ({ slots }) => ({ loss: slots[0]?.sum() as Scalar }));
    expect(fused32(backend, trace).updates).toEqual([]);
  }
});

nativeTest("a new weight that the step goes on to use is read after its update", async (backend) => {
  for (const use of [
    ["sgd", plain],
    ["adam", adamOptions],
  ] as const) {
    const trace = await recorded(backend, use, ({ weight }) => ({ loss: weight.sum() as Scalar }));
    const { updates, ops } = fused32(backend, trace);
    expect(updates).toHaveLength(1);
    expect(ops.flatMap(({ inputs }) => inputs)).toContainEqual({ from: "updated", state: 0 });
  }
});

nativeTest("a fused step follows the eager one", async (backend) => {
  const sgdUses = [plain, { ...plain, weightDecay: 0.01 }, { ...plain, nesterov: true, weightDecay: 0.01 }].map(
    (options): Named => ["sgd", options],
  );
  for (const use of [...sgdUses, ...adamUses]) {
    using captured = await steps(backend, use, false);
    using eager = await steps(backend, use, true);
    expect(captured.step.mode, captured.step.eagerReason).toBe("captured");
    for (let step = 0; step < 20; step++) {
      const batch = smallBatch(4, step);
      const scalars = scalarsAt(backend, use, step);
      const expected = await eager.step.run(batch, 4, scalars, { fetch: true });
      expectSameResults(await captured.step.run(batch, 4, scalars, { fetch: true }), expected);
    }
    expectSameState(await captured.step.readState(), await eager.step.readState());
  }
});

const adamUses: readonly Named[] = [
  ["adam", adamOptions],
  ["adam", { ...adamOptions, weightDecay: 0.01 }],
  ["adamw", { ...adamOptions, beta1: 0.8, weightDecay: 0.1 }],
];

interface State {
  readonly weight: Variable;
  readonly slots: readonly Variable[];
}

function fused32(backend: Backend, trace: Trace): Trace {
  return fuseUpdates(trace, nativeBackend(backend.tf).binding.TF_FLOAT);
}

function optimizerOf({ tf }: Backend, [name, options]: Named): Optimizer {
  const context = { tf } as unknown as CreateContext;
  return providers[name].create({ learningRate: 0.1, ...options } as never, context) as Optimizer;
}

function scalarsAt(backend: Backend, use: Named, step: number): Record<string, number> {
  return { ...smallScalars(step), ...optimizerOf(backend, use).scalars?.(step + 1) };
}

/** Minimises Σ (w · x − 1)²; the moving average of the weight is what else the step keeps. */
function bodyOf(backend: Backend, use: Named, { weight, slots }: State, average?: Variable) {
  const { tf } = backend;
  const optimizer = optimizerOf(backend, use);
  const named = Object.fromEntries(optimizer.slots.map((name, i) => [name, slots[i] as Variable]));
  return (inputs: Readonly<Record<string, Tensor>>, scalars: Readonly<Record<string, Scalar>>) => {
    const lossOf = (): Scalar => tf.sum(tf.square(tf.sub(tf.mul(inputs["x"] as Tensor, weight), 1)));
    const { value, grads } = tf.variableGrads(lossOf, [weight]);
    const gradient = grads[weight.name] as Tensor;
    const learningRate = scalars["learningRate"] as Scalar;
    const weightDecay = optimizer.weightDecay ?? 0;
    optimizer.apply({ weight, gradient, slots: named, learningRate, scalars, weightDecay });
    average?.assign(tf.add(average, tf.mul(tf.sub(weight, average), 0.25)));
    return { loss: value };
  };
}

function stateOf(backend: Backend, use: Named): State {
  const { tf } = backend;
  const zeros = (): Variable => tf.tidy(() => tf.variable(tf.zeros([4]), false));
  return {
    weight: tf.tidy(() => tf.variable(tf.tensor1d([0.3, 0.5, 0.7, 0.9]), true)),
    slots: optimizerOf(backend, use).slots.map(zeros),
  };
}

function variablesOf({ weight, slots }: State) {
  return [weight, ...slots].map((variable, i) => ({ name: i === 0 ? "weight" : `slot${i}`, variable }));
}

async function steps(backend: Backend, use: Named, eager: boolean) {
  const { tf } = backend;
  const state = stateOf(backend, use);
  const average = tf.tidy(() => tf.variable(tf.zeros([4]), false));
  const predict = ({ x }: Readonly<Record<string, Tensor>>) => ({ weighted: tf.mul(x as Tensor, state.weight) });
  const scalars = scalarsAt(backend, use, 0);
  const changes = {
    state: [...variablesOf(state), { name: "average", variable: average }],
    scalars: Object.keys(scalars),
    example: { batch: smallBatch(4), batchSizes: [4], scalars },
    body: bodyOf(backend, use, state, average),
    predict,
  };
  return smallStep(backend, { loss: ({ x }) => x, eager, changes });
}

async function recorded(
  backend: Backend,
  use: Named,
  results?: (state: State) => Record<string, Tensor>,
): Promise<Trace> {
  const state = stateOf(backend, use);
  const body = bodyOf(backend, use, state);
  const { trace } = recordBody({
    tf: backend.tf,
    native: nativeBackend(backend.tf),
    inputs: { x: { shape: [4], dtype: "float32" } },
    names: ["x"],
    state: variablesOf(state),
    author: undefined,
    batch: smallBatch(4),
    size: 4,
    scalars: scalarsAt(backend, use, 0),
    body: (inputs, scalars) => ({ ...body(inputs, scalars), ...results?.(state) }),
  });
  backend.tf.dispose([state.weight, ...state.slots]);
  return trace;
}
