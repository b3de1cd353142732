import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tf } from "../../../core/index.ts";
import { variableGradients } from "../../../plugins/trainers/step/variable-gradients.ts";
import { loadBackend } from "../../support/backend.ts";

type VariableGradients = (
  tf: Tf,
  loss: () => Scalar,
  variables: Variable[],
) => { value: Scalar; grads: Record<string, Tensor> };

const stock: VariableGradients = (tf, loss, variables) => tf.variableGrads(loss, variables);
const rows = 1000;
const depth = 20;

let tf: Tf;
let weight: Variable;
let bias: Variable;

beforeAll(async () => {
  ({ tf } = await loadBackend("cpu"));
  weight = tf.variable(tf.tensor1d(Array.from({ length: rows }, (_, i) => Math.sin(i))));
  bias = tf.variable(tf.tensor1d(Array.from({ length: rows }, (_, i) => Math.cos(i))));
});

afterAll(() => {
  weight.dispose();
  bias.dispose();
});

/** Loss and gradients by weight and bias. */
async function run(gradientsOf: VariableGradients, loss: () => Tensor): Promise<number[][]> {
  const { value, grads } = gradientsOf(tf, () => tf.sum(loss()) as Scalar, [weight, bias]);
  const tensors = [value, grads[weight.name] as Tensor, grads[bias.name] as Tensor];
  const values = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
  tf.dispose(tensors);
  return values;
}

const losses: Readonly<Record<string, () => Tensor>> = {
  "a chain": () => tf.tanh(tf.mul(tf.sigmoid(tf.mul(weight, bias)), bias)),
  "a tensor that is used three times": () => {
    const shared = tf.exp(tf.mul(weight, 0.5));
    return tf.add(tf.mul(shared, shared), tf.add(tf.tanh(shared), bias));
  },
  "pieces that are joined again": () => {
    const [left, right] = tf.split(tf.mul(weight, bias), 2) as [Tensor, Tensor];
    return tf.square(tf.concat([tf.relu(right), left]));
  },
  "an operation that hands one gradient on to both of its inputs": () => {
    const sum = tf.customGrad((...args) => {
      const [a, b] = args as [Tensor, Tensor];
      return { value: tf.add(a, b), gradFunc: (dy: Tensor) => [dy, dy] };
    });
    return tf.square(sum(tf.sin(weight), tf.cos(tf.mul(bias, weight))));
  },
  "a gradient inside the loss": () => {
    const slope = tf.grad((x) => tf.sum(tf.pow(x, 3)) as Scalar)(weight);
    return tf.mul(slope, tf.mul(bias, bias));
  },
};

for (const [name, loss] of Object.entries(losses)) {
  test(`gives the bits of tf.variableGrads: ${name}`, async () => {
    const expected = await run(stock, loss);
    const before = tf.memory().numTensors;
    expect(await run(variableGradients, loss)).toEqual(expected);
    expect(tf.memory().numTensors).toBe(before);
  });
}

test("leaves a tensor from outside the pass alone that a gradient function returns", async () => {
  const slope = tf.keep(tf.fill([rows], 3));
  const outside = tf.customGrad((...args) => ({ value: tf.mul(args[0] as Tensor, slope), gradFunc: () => slope }));
  const values = await run(variableGradients, () => tf.add(outside(tf.mul(weight, 2)), bias));
  expect(values[1]).toEqual(new Array(rows).fill(6));
  expect(slope.isDisposed).toBe(false);
  slope.dispose();
});

/** Bytes in use when the backward pass comes to its last operation. */
function bytesAtTheEnd(gradientsOf: VariableGradients): number {
  let bytes = 0;
  const before = tf.memory().numBytes;
  const first = tf.customGrad((...args) => {
    const gradFunc = (dy: Tensor): Tensor => {
      bytes = tf.memory().numBytes - before;
      return tf.mul(dy, 2);
    };
    return { value: tf.mul(args[0] as Tensor, 2), gradFunc };
  });
  const { value, grads } = gradientsOf(tf, () => {
    let x = first(tf.mul(weight, bias));
    for (let i = 0; i < depth; i++) x = tf.tanh(x);
    return tf.sum(x) as Scalar;
  }, [weight, bias]);
  tf.dispose([value, grads]);
  return bytes;
}

test("holds neither feature maps nor gradients that the backward pass is past", () => {
  const bytesOfOne = rows * 4;
  expect(bytesAtTheEnd(stock)).toBeGreaterThan(2 * depth * bytesOfOne);
  expect(bytesAtTheEnd(variableGradients)).toBeLessThan(6 * bytesOfOne);
});
