import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, CreateContext, Optimizer } from "../../../../core/index.ts";
import { fuseUpdates } from "../../../../plugins/backends/tensorflow/capture/fuse-updates.ts";
import { recordBody } from "../../../../plugins/backends/tensorflow/capture/record-body.ts";
import type { Trace } from "../../../../plugins/backends/tensorflow/capture/trace.ts";
import { nativeBackend } from "../../../../plugins/backends/tensorflow/native-backend.ts";
import { sgd } from "../../../../plugins/optimizers/sgd.ts";
import { nativeTest } from "./native-test.ts";
import { expectSameResults, expectSameState, smallBatch, smallScalars, smallStep } from "./small-step.ts";

interface SgdOptions {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

const plain: SgdOptions = { momentum: 0.9, nesterov: false, weightDecay: 0 };

nativeTest("momentum, with or without weight decay and Nesterov's look-ahead, is one operation", async (backend) => {
  for (const options of [plain, { ...plain, weightDecay: 0.01 }, { ...plain, nesterov: true }]) {
    const trace = await recorded(backend, options);
    const fused = fuseUpdates(trace);
    expect(fused.updates).toMatchObject([{ weight: 0, velocity: 1, nesterov: options.nesterov }]);
    expect(fused.assigned.size).toBe(0);
    expect(fused.ops.length).toBeLessThan(trace.ops.length);
  }
});

nativeTest("without momentum nothing is fused", async (backend) => {
  expect(fuseUpdates(await recorded(backend, { ...plain, momentum: 0 })).updates).toEqual([]);
});

nativeTest("a new weight or velocity that the step goes on to use is computed as before", async (backend) => {
  for (const place of ["weight", "velocity"] as const) {
    const trace = await recorded(backend, plain, (state) => ({ loss: state[place].sum() as Scalar }));
    expect(fuseUpdates(trace).updates).toEqual([]);
  }
});

nativeTest("a fused step follows the eager one", async (backend) => {
  for (const options of [plain, { ...plain, weightDecay: 0.01 }, { ...plain, nesterov: true, weightDecay: 0.01 }]) {
    using captured = await momentumStep(backend, options, false);
    using eager = await momentumStep(backend, options, true);
    expect(captured.step.mode).toBe("captured");
    for (let step = 0; step < 20; step++) {
      const [batch, scalars] = [smallBatch(4, step), smallScalars(step)];
      const expected = await eager.step.run(batch, 4, scalars, { fetch: true });
      expectSameResults(await captured.step.run(batch, 4, scalars, { fetch: true }), expected);
    }
    expectSameState(await captured.step.readState(), await eager.step.readState());
  }
});

interface MomentumState {
  readonly weight: Variable;
  readonly velocity: Variable;
}

function sgdOf({ tf }: Backend, options: SgdOptions): Optimizer {
  return sgd.create({ learningRate: 0.1, ...options } as never, { tf } as unknown as CreateContext) as Optimizer;
}

/** Minimises Σ (w · x − 1)². */
function bodyOf(backend: Backend, options: SgdOptions, { weight, velocity }: MomentumState) {
  const { tf } = backend;
  const optimizer = sgdOf(backend, options);
  const slots = optimizer.slots.length === 0 ? {} : { velocity };
  return (inputs: Readonly<Record<string, Tensor>>, scalars: Readonly<Record<string, Scalar>>) => {
    const lossOf = (): Scalar => tf.sum(tf.square(tf.sub(tf.mul(inputs["x"] as Tensor, weight), 1)));
    const { value, grads } = tf.variableGrads(lossOf, [weight]);
    const gradient = grads[weight.name] as Tensor;
    optimizer.apply({ weight, gradient, slots, learningRate: scalars["learningRate"] as Scalar, decay: true });
    return { loss: value };
  };
}

function momentumState({ tf }: Backend): MomentumState {
  return {
    weight: tf.tidy(() => tf.variable(tf.tensor1d([0.3, 0.5, 0.7, 0.9]), true)),
    velocity: tf.tidy(() => tf.variable(tf.zeros([4]), false)),
  };
}

async function momentumStep(backend: Backend, options: SgdOptions, eager: boolean) {
  const state = momentumState(backend);
  const variables = Object.entries(state).map(([name, variable]) => ({ name, variable }));
  const predict = ({ x }: Readonly<Record<string, Tensor>>) => ({
    weighted: backend.tf.mul(x as Tensor, state.weight),
  });
  const changes = { state: variables, body: bodyOf(backend, options, state), predict };
  return smallStep(backend, { loss: ({ x }) => x, eager, changes });
}

async function recorded(
  backend: Backend,
  options: SgdOptions,
  results?: (state: MomentumState) => Record<string, Tensor>,
): Promise<Trace> {
  const state = momentumState(backend);
  const body = bodyOf(backend, options, state);
  const { trace } = recordBody({
    tf: backend.tf,
    native: nativeBackend(backend.tf),
    inputs: { x: { shape: [4], dtype: "float32" } },
    names: ["x"],
    state: Object.entries(state).map(([name, variable]) => ({ name, variable })),
    author: undefined,
    batch: smallBatch(4),
    size: 4,
    scalars: smallScalars(0),
    body: (inputs, scalars) => ({ ...body(inputs, scalars), ...results?.(state) }),
  });
  backend.tf.dispose([state.weight, state.velocity]);
  return trace;
}
