import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, StepBody, Tf } from "../../../../core/index.ts";
import { countOf, loadedGraphs } from "../../../support/loaded-graphs.ts";
import { nativeTest } from "./native-test.ts";
import { expectSameResults, expectSameState, smallBatch, smallScalars, smallStep } from "./small-step.ts";

type Cut = (tf: Tf, value: Tensor4D) => Tensor;

/** Columns `from` to `to` of six. */
const columns = (tf: Tf, value: Tensor4D, from: number, to: number): Tensor =>
  tf.slice(value, [0, 0, from, 0], [-1, -1, to - from, -1]);

/** Trains a weight of `[6, 6, 2]` with a loss on pieces of pixels · weight. */
async function train(backend: Backend, eager: boolean, cut: Cut) {
  const { tf } = backend;
  const values = Float32Array.from({ length: 72 }, (_, i) => Math.sin(i));
  const weight = tf.tidy(() => tf.variable(tf.tensor3d(values, [6, 6, 2]), true));
  const body: StepBody = ({ pixels }, { learningRate }) => {
    const lossOf = (): Scalar => {
      const product = tf.mul(tf.div(tf.cast(pixels as Tensor, "float32"), 255), weight) as Tensor4D;
      return tf.mean(tf.square(cut(tf, tf.tanh(product))));
    };
    const { value, grads } = tf.variableGrads(lossOf, [weight]);
    weight.assign(tf.sub(weight, tf.mul(grads[weight.name] as Tensor, learningRate as Scalar)));
    return { loss: value };
  };
  const predict = ({ x }: Readonly<Record<string, Tensor>>) => ({ x: tf.mul(x as Tensor, 2) });
  const changes = { state: [{ name: "weight", variable: weight }], body, predict };
  using watched = loadedGraphs(backend);
  using small = await smallStep(backend, { loss: ({ x }) => x, eager, changes });
  const results = [];
  for (let i = 0; i < 3; i++) results.push(await small.step.run(smallBatch(4, i), 4, smallScalars(i), { fetch: true }));
  const end = await small.step.readState();
  weight.dispose();
  return { results, end, graph: watched.graphs[0] ?? "" };
}

interface Case {
  readonly cut: Cut;
  /** Paddings, sums and concatenations of the gradient in the graph. */
  readonly operations: readonly [paddings: number, sums: number, concatenations: number];
}

const cases: Readonly<Record<string, Case>> = {
  "two halves become a concatenation": {
    cut: (tf, value) => tf.mul(columns(tf, value, 0, 3), columns(tf, value, 3, 6)),
    operations: [0, 0, 1],
  },
  "a small and a large piece, the last one first, become a concatenation": {
    cut: (tf, value) => tf.mul(tf.mean(tf.exp(columns(tf, value, 2, 6))), columns(tf, value, 0, 2)),
    operations: [0, 0, 1],
  },
  "pieces that overlap stay a sum": {
    cut: (tf, value) => tf.mul(columns(tf, value, 0, 4), columns(tf, value, 2, 6)),
    operations: [2, 1, 0],
  },
  "pieces with a gap stay a sum": {
    cut: (tf, value) => tf.mul(columns(tf, value, 0, 2), columns(tf, value, 4, 6)),
    operations: [2, 1, 0],
  },
  "pieces along two axes stay a sum": {
    cut: (tf, value) =>
      tf.mul(columns(tf, value, 0, 3), tf.mean(tf.exp(tf.slice(value, [0, 3, 0, 0], [-1, 3, -1, -1])))),
    operations: [2, 1, 0],
  },
  "what is cut along no axis is not copied": {
    cut: (tf, value) => columns(tf, value, 0, 6),
    operations: [0, 0, 0],
  },
};

for (const [name, { cut, operations }] of Object.entries(cases)) {
  nativeTest(`gradients of pieces follow the eager step: ${name}`, async (backend) => {
    const captured = await train(backend, false, cut);
    const eager = await train(backend, true, cut);
    for (const [i, expected] of eager.results.entries()) expectSameResults(captured.results[i], expected);
    expectSameState(captured.end, eager.end);
    const { graph } = captured;
    expect([countOf(graph, "PadV2"), countOf(graph, "Add"), countOf(graph, "ConcatV2")]).toEqual(operations);
  });
}
