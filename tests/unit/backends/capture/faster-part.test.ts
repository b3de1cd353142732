import type { layers, Scalar, Tensor, Tensor4D, Variable } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, StepBody } from "../../../../core/index.ts";
import { countOf, loadedGraphs } from "../../../support/loaded-graphs.ts";
import { nativeTest } from "./native-test.ts";
import { expectSameResults, expectSameState, smallBatch, smallScalars, smallStep } from "./small-step.ts";

/** Depthwise convolutions with batch norm and relu: padded by itself and with stride 2, then with "same" padding. */
function network({ tf }: Backend, channels: number) {
  const kernels = [0, 1].map((phase) => {
    const values = Float32Array.from({ length: 9 * channels }, (_, i) => Math.sin(i + phase));
    return tf.tidy(() => tf.variable(tf.tensor4d(values, [3, 3, channels, 1])));
  }) as [Variable, Variable];
  const norms = [0, 1].map(() => tf.layers.batchNormalization()) as unknown as [layers.Layer, layers.Layer];
  for (const norm of norms) norm.build([null, 3, 3, channels]);
  const forward = (pixels: Tensor): Tensor => {
    const scaled = tf.div(tf.cast(pixels, "float32"), 255);
    const wide = tf.pad(tf.tile(scaled, [1, 1, 1, channels / 2]), [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]) as Tensor4D;
    const first = tf.depthwiseConv2d(wide, kernels[0] as never, 2, "valid");
    const hidden = tf.relu(norms[0].apply(first, { training: true }) as Tensor4D);
    const second = tf.depthwiseConv2d(hidden, kernels[1] as never, 1, "same");
    return tf.relu(norms[1].apply(second, { training: true }) as Tensor4D);
  };
  const weights = norms.flatMap((norm) => norm.weights.map((weight) => (weight as unknown as { val: Variable }).val));
  return { forward, trained: kernels, variables: [...kernels, ...weights] };
}

async function train(backend: Backend, eager: boolean, channels: number) {
  const { tf } = backend;
  const { forward, trained, variables } = network(backend, channels);
  const body: StepBody = ({ pixels }, { learningRate }) => {
    const lossOf = (): Scalar => tf.mean(tf.square(tf.sub(forward(pixels as Tensor), 0.3)));
    const { value, grads } = tf.variableGrads(lossOf, trained);
    for (const kernel of trained) {
      kernel.assign(tf.sub(kernel, tf.mul(grads[kernel.name] as Tensor, learningRate as Scalar)));
    }
    return { loss: value };
  };
  const state = variables.map((variable, i) => ({ name: `variable${i}`, variable }));
  const changes = {
    state,
    body,
    predict: ({ x }: Readonly<Record<string, Tensor>>) => ({ x: tf.mul(x as Tensor, 2) }),
  };
  using watched = loadedGraphs(backend);
  using small = await smallStep(backend, { loss: ({ x }) => x, eager, changes });
  expect(small.step.mode, small.step.eagerReason).toBe(eager ? "eager" : "captured");
  const results = [];
  for (let i = 0; i < 4; i++) results.push(await small.step.run(smallBatch(4, i), 4, smallScalars(i), { fetch: true }));
  const end = await small.step.readState();
  tf.dispose(variables);
  return { results, end, graphs: watched.graphs };
}

nativeTest(
  "padding inside convolutions, plain gradients of their kernels and lone relus follow the eager step",
  async (backend) => {
    const captured = await train(backend, false, 32);
    const eager = await train(backend, true, 32);
    for (const [i, expected] of eager.results.entries()) expectSameResults(captured.results[i], expected);
    expectSameState(captured.end, eager.end);
    expect(captured.graphs).toHaveLength(1);
    const [graph = ""] = captured.graphs;
    // one convolution that was padded before, and the gradients of both kernels
    expect(graph.split("EXPLICIT")).toHaveLength(1 + 3);
    expect([countOf(graph, "PadV2"), countOf(graph, "Relu"), countOf(graph, "Maximum")]).toEqual([0, 0, 2]);
  },
);

nativeTest("with few channels oneDNN keeps the gradients", async (backend) => {
  const captured = await train(backend, false, 16);
  const [graph = ""] = captured.graphs;
  expect(graph.split("EXPLICIT")).toHaveLength(1 + 1);
});
