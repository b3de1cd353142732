import type { Scalar, Tensor, Tensor4D, Variable } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend } from "../../../../core/index.ts";
import { multiplyPointwise } from "../../../../plugins/backends/tensorflow/capture/pointwise-products.ts";
import { recordBody } from "../../../../plugins/backends/tensorflow/capture/record-body.ts";
import type { Source, Trace } from "../../../../plugins/backends/tensorflow/capture/trace.ts";
import { nativeBackend } from "../../../../plugins/backends/tensorflow/native-backend.ts";
import { nativeTest } from "./native-test.ts";
import { expectSameResults, expectSameState, smallBatch, smallScalars, smallStep } from "./small-step.ts";

interface Convolution {
  readonly kernel: readonly [number, number, number, number];
  readonly stride: number;
}

const pointwise: Convolution = { kernel: [1, 1, 2, 3], stride: 1 };

nativeTest("a pointwise convolution and both of its gradients become matrix products", async (backend) => {
  const names = await rewrittenNames(backend, pointwise);
  expect(names.filter((name) => name.startsWith("Conv2D"))).toEqual([]);
  expect(names.filter((name) => name === "MatMul")).toHaveLength(5);
});

nativeTest("a larger kernel and a stride stay convolutions", async (backend) => {
  for (const convolution of [
    { ...pointwise, stride: 2 },
    { kernel: [3, 3, 2, 3], stride: 1 },
  ] as const) {
    const names = await rewrittenNames(backend, convolution);
    expect(names.filter((name) => name === "Conv2D")).toHaveLength(1);
    expect(names).toContain("Conv2DBackpropInput");
  }
});

nativeTest("steps follow the eager ones, at another batch size too", async (backend) => {
  using captured = await convolutionStep(backend, false);
  using eager = await convolutionStep(backend, true);
  expect(captured.step.mode).toBe("captured");
  for (const [step, size] of [4, 3, 4, 2].entries()) {
    const [batch, scalars] = [smallBatch(size, step), smallScalars(step)];
    const expected = await eager.step.run(batch, size, scalars, { fetch: true });
    expectSameResults(await captured.step.run(batch, size, scalars, { fetch: true }), expected);
  }
  expectSameState(await captured.step.readState(), await eager.step.readState());
});

/** Σ (conv(conv1×1(pixels / 255)))², whose two kernels are trained; the first one is always pointwise. */
function bodyOf({ tf }: Backend, first: Variable, second: Variable, { stride }: Convolution) {
  return (inputs: Readonly<Record<string, Tensor>>, scalars: Readonly<Record<string, Scalar>>) => {
    const { value, grads } = tf.variableGrads((): Scalar => {
      const pixels = tf.div(tf.cast(inputs["pixels"] as Tensor4D, "float32"), 255) as Tensor4D;
      const hidden = tf.conv2d(pixels, first as unknown as Tensor4D, 1, "same");
      const convolved = tf.conv2d(hidden, second as unknown as Tensor4D, stride, "valid");
      return tf.mean(tf.square(convolved));
    }, [first, second]);
    for (const kernel of [first, second]) {
      kernel.assign(tf.sub(kernel, tf.mul(grads[kernel.name] as Tensor, scalars["learningRate"] as Scalar)));
    }
    return { loss: value };
  };
}

function kernels({ tf }: Backend, shape: Convolution["kernel"]): { first: Variable; second: Variable } {
  const kernel = (of: readonly number[]): Variable => {
    const length = of.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length }, (_, i) => Math.sin(i + 1) / 2);
    return tf.tidy(() => tf.variable(tf.tensor(values, [...of]), true));
  };
  return { first: kernel([1, 1, 2, 2]), second: kernel(shape) };
}

async function convolutionStep(backend: Backend, eager: boolean) {
  const { first, second } = kernels(backend, pointwise.kernel);
  const changes = {
    state: [
      { name: "first", variable: first },
      { name: "second", variable: second },
    ],
    body: bodyOf(backend, first, second, pointwise),
    predict: ({ x }: Readonly<Record<string, Tensor>>) => ({ x: backend.tf.mul(x as Tensor, 2) }),
  };
  return smallStep(backend, { loss: ({ x }) => x, eager, changes, batchSizes: [4, 3] });
}

async function rewrittenNames(backend: Backend, convolution: Convolution): Promise<string[]> {
  const { first, second } = kernels(backend, convolution.kernel);
  const state = [
    { name: "first", variable: first },
    { name: "second", variable: second },
  ];
  const native = nativeBackend(backend.tf);
  const { trace } = recordBody({
    tf: backend.tf,
    native,
    inputs: { pixels: { shape: [6, 6, 2], dtype: "uint8" } },
    names: ["pixels"],
    state,
    author: undefined,
    batch: smallBatch(4),
    size: 4,
    scalars: smallScalars(0),
    body: bodyOf(backend, first, second, convolution),
  });
  const rewritten: Trace = multiplyPointwise(trace, native.binding, (source: Source) => {
    if (source.from === "state") return state[source.state]?.variable.shape;
    return source.from === "input" ? [4, 6, 6, 2] : [];
  });
  backend.tf.dispose([first, second]);
  return rewritten.ops.map(({ name }) => name);
}
