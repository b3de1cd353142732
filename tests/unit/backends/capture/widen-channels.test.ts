import type { layers, Scalar, Tensor, Tensor4D, Variable } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, StateVariable, StepBody } from "../../../../core/index.ts";
import { countOf, loadedGraphs } from "../../../support/loaded-graphs.ts";
import { nativeTest } from "./native-test.ts";
import { expectSameResults, expectSameState, smallBatch, smallScalars, smallStep } from "./small-step.ts";

interface Network {
  readonly state: readonly StateVariable[];
  readonly trained: Variable[];
  forward(pixels: Tensor): Tensor;
}

/** Pointwise, depthwise, pointwise, each with its batch norm; what the first gives is added to what the last one gives. */
function network({ tf }: Backend, channels: number): Network {
  const kernel = (shape: readonly number[], phase: number): Variable => {
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length }, (_, i) => Math.sin(2 * i + phase));
    return tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), true));
  };
  const kernels = [
    kernel([1, 1, 2, channels], 0),
    kernel([3, 3, channels, 1], 1),
    kernel([1, 1, channels, channels], 2),
  ];
  const [first, depthwise, last] = kernels as unknown as [Tensor4D, Tensor4D, Tensor4D];
  const [relu, relu6] = [tf.layers.reLU(), tf.layers.reLU({ maxValue: 6 })];
  const norms = kernels.map(() => tf.layers.batchNormalization() as unknown as layers.Layer);
  for (const norm of norms) norm.build([null, 6, 6, channels]);
  const variables = norms.flatMap((norm) => norm.weights.map((weight) => (weight as unknown as { val: Variable }).val));
  const normed = (place: number, value: Tensor): Tensor4D => norms[place]?.apply(value, { training: true }) as Tensor4D;
  return {
    state: [...kernels, ...variables].map((variable, i) => ({ name: `variable${i}`, variable })),
    trained: [...kernels, ...norms.flatMap((norm) => norm.trainableWeights.map((weight) => weight.read() as Variable))],
    forward(pixels) {
      const scaled = tf.div(tf.cast(pixels, "float32"), 255) as Tensor4D;
      const hidden = relu.apply(normed(0, tf.conv2d(scaled, first, 1, "same"))) as Tensor4D;
      const inner = relu.apply(normed(1, tf.depthwiseConv2d(hidden, depthwise, 1, "same"))) as Tensor4D;
      return tf.add(relu6.apply(normed(2, tf.conv2d(inner, last, 1, "same"))) as Tensor, hidden);
    },
  };
}

async function train(backend: Backend, eager: boolean, channels: number) {
  const { tf } = backend;
  const { state, trained, forward } = network(backend, channels);
  const body: StepBody = ({ pixels }, { learningRate }) => {
    const lossOf = (): Scalar => tf.mean(tf.square(tf.sub(forward(pixels as Tensor), 0.3)));
    const { value, grads } = tf.variableGrads(lossOf, trained);
    for (const variable of trained) {
      variable.assign(tf.sub(variable, tf.mul(grads[variable.name] as Tensor, learningRate as Scalar)));
    }
    return { loss: value };
  };
  const predict = ({ x }: Readonly<Record<string, Tensor>>) => ({ x: tf.mul(x as Tensor, 2) });
  using watched = loadedGraphs(backend);
  using small = await smallStep(backend, { loss: ({ x }) => x, eager, changes: { state, body, predict } });
  expect(small.step.mode, small.step.eagerReason).toBe(eager ? "eager" : "captured");
  const results = [];
  for (let i = 0; i < 4; i++) results.push(await small.step.run(smallBatch(4, i), 4, smallScalars(i), { fetch: true }));
  const end = await small.step.readState();
  tf.dispose(state.map(({ variable }) => variable));
  expect(watched.graphs).toHaveLength(eager ? 0 : 1);
  return { results, end, graph: watched.graphs[0] ?? "" };
}

for (const channels of [6, 13]) {
  nativeTest(`steps with batch norms of ${channels} channels follow the eager ones`, async (backend) => {
    const captured = await train(backend, false, channels);
    const eager = await train(backend, true, channels);
    for (const [i, expected] of eager.results.entries()) expectSameResults(captured.results[i], expected);
    expectSameState(captured.end, eager.end);
  });
}

nativeTest("only what cannot be computed with more channels is padded", async (backend) => {
  const { graph } = await train(backend, false, 6);
  // three kernels; γ and β of three norms; gradients of the sum, and of what it and the depthwise convolution take
  expect(countOf(graph, "Pad")).toBe(3 + 2 * 3 + 2);
  // both terms of the sum, and the depthwise convolution's gradient for the first; the kernels' gradients; mean,
  // variance and the gradients of γ and β of three norms
  expect(countOf(graph, "Slice")).toBe(2 + 1 + 3 + 3 * 4);
});

nativeTest("batch norms whose channels are multiples of four stay as they are", async (backend) => {
  const { graph } = await train(backend, false, 8);
  expect([countOf(graph, "Pad"), countOf(graph, "Slice")]).toEqual([0, 0]);
});
