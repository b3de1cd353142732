import type { Tensor } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { Tf } from "../../../core/index.ts";
import { loadBackend } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";

type Shape = [number, number, number, number];
type Pad = "same" | "valid" | number | [[0, 0], [number, number], [number, number], [0, 0]];

interface ConvCase {
  readonly x: Shape;
  readonly filter: Shape;
  readonly strides: number | [number, number];
  readonly pad: Pad;
}

const explicit = (top: number, bottom: number, left: number, right: number): Pad => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

const convolutions: readonly ConvCase[] = [
  { x: [2, 5, 7, 3], filter: [1, 1, 3, 4], strides: 1, pad: "valid" },
  { x: [2, 5, 7, 3], filter: [1, 1, 3, 4], strides: 2, pad: "valid" },
  { x: [2, 5, 7, 3], filter: [1, 1, 3, 4], strides: 1, pad: explicit(1, 0, 0, 2) },
  { x: [3, 6, 6, 2], filter: [3, 3, 2, 5], strides: 1, pad: "same" },
  { x: [3, 6, 6, 2], filter: [3, 3, 2, 5], strides: 1, pad: "valid" },
  { x: [1, 7, 9, 4], filter: [3, 3, 4, 1], strides: 2, pad: "same" },
  { x: [2, 8, 7, 1], filter: [3, 3, 1, 6], strides: 2, pad: explicit(1, 1, 1, 1) },
  { x: [2, 9, 6, 3], filter: [2, 4, 3, 2], strides: [1, 3], pad: "same" },
  { x: [2, 9, 6, 3], filter: [5, 3, 3, 2], strides: [3, 1], pad: "valid" },
  { x: [2, 6, 6, 3], filter: [3, 3, 3, 2], strides: 1, pad: explicit(3, 0, 0, 1) },
  { x: [2, 6, 6, 3], filter: [3, 3, 3, 2], strides: 1, pad: explicit(0, 2, 2, 0) },
  { x: [1, 4, 4, 2], filter: [4, 4, 2, 3], strides: 1, pad: "valid" },
  { x: [40, 28, 28, 5], filter: [3, 3, 5, 4], strides: 1, pad: "same" },
];

const depthwise: readonly ConvCase[] = [
  { x: [2, 6, 7, 3], filter: [3, 3, 3, 1], strides: 1, pad: "same" },
  { x: [2, 6, 7, 3], filter: [3, 3, 3, 1], strides: 1, pad: "valid" },
  { x: [3, 7, 7, 4], filter: [3, 3, 4, 1], strides: 2, pad: "same" },
  { x: [3, 8, 5, 4], filter: [3, 3, 4, 1], strides: 2, pad: explicit(1, 1, 1, 1) },
  { x: [2, 6, 6, 2], filter: [3, 2, 2, 3], strides: 1, pad: "same" },
  { x: [1, 5, 5, 1], filter: [5, 5, 1, 1], strides: 1, pad: "same" },
  { x: [2, 9, 8, 2], filter: [2, 5, 2, 2], strides: [2, 2], pad: explicit(0, 1, 3, 2) },
];

/** Numbers without pattern, the same on every backend. */
function numbers(shape: readonly number[], phase: number): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: size }, (_, i) => Math.sin(phase + i * 12.9898) * Math.cos(i * 0.37));
}

async function onBackend(id: string, compute: (tf: Tf) => Tensor[]): Promise<Float32Array[]> {
  const { tf } = await loadBackend(id);
  const before = tf.memory().numTensors;
  const results = tf.tidy(() => compute(tf));
  const arrays = await Promise.all(results.map(async (tensor) => Float32Array.from(await tensor.data())));
  tf.dispose(results);
  expect(tf.memory().numTensors).toBe(before);
  return arrays;
}

async function expectSame(compute: (tf: Tf) => Tensor[]): Promise<void> {
  const expected = await onBackend("cpu", compute);
  const actual = await onBackend("wasm", compute);
  expected.forEach((values, i) => {
    expect(relativeError(actual[i] ?? [], values)).toBeLessThanOrEqual(tolerances.value);
  });
}

describe("gradients of conv2d on wasm", () => {
  test.each(convolutions)("equal those on cpu: x $x, filter $filter, strides $strides, pad $pad", async (conv) => {
    await expectSame((tf) => {
      const forward = (x: Tensor, filter: Tensor) => tf.conv2d(x as never, filter as never, conv.strides, conv.pad);
      const x = tf.tensor(numbers(conv.x, 1), conv.x);
      const filter = tf.tensor(numbers(conv.filter, 2), conv.filter);
      const { shape } = forward(x, filter);
      return tf.grads(forward)([x, filter], tf.tensor(numbers(shape, 3), shape));
    });
  });
});

describe("gradients of depthwiseConv2d on wasm", () => {
  test.each(depthwise)("equal those on cpu: x $x, filter $filter, strides $strides, pad $pad", async (conv) => {
    await expectSame((tf) => {
      const forward = (x: Tensor, filter: Tensor) =>
        tf.depthwiseConv2d(x as never, filter as never, conv.strides, conv.pad);
      const x = tf.tensor(numbers(conv.x, 1), conv.x);
      const filter = tf.tensor(numbers(conv.filter, 2), conv.filter);
      const { shape } = forward(x, filter);
      return tf.grads(forward)([x, filter], tf.tensor(numbers(shape, 3), shape));
    });
  });

  // TensorFlow.js itself refuses to differentiate dilated convolutions, so the kernels are called by hand
  test.each([
    { strides: 1, pad: "same", dilations: 2 },
    { strides: 1, pad: "valid", dilations: 3 },
  ] as const)("are adjoint to the dilated convolution: pad $pad, dilations $dilations", async (attributes) => {
    const { tf } = await loadBackend("wasm");
    const x = tf.tensor4d(numbers([2, 9, 8, 3], 1), [2, 9, 8, 3]);
    const filter = tf.tensor4d(numbers([3, 3, 3, 2], 2), [3, 3, 3, 2]);
    const { strides, pad, dilations } = attributes;
    const y = tf.depthwiseConv2d(x, filter, strides, pad, "NHWC", dilations);
    const dy = tf.tensor4d(numbers(y.shape, 3), y.shape);
    const run = (kernel: string, inputs: Record<string, Tensor>) =>
      tf
        .engine()
        .runKernel(kernel, inputs, { ...attributes, filterShape: filter.shape, inputShape: x.shape }) as Tensor;
    const dot = (a: Tensor, b: Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0] as number;

    const byOutput = dot(dy, y);

    expect(dot(run("DepthwiseConv2dNativeBackpropFilter", { x, dy }), filter)).toBeCloseTo(byOutput, 4);
    expect(dot(run("DepthwiseConv2dNativeBackpropInput", { dy, filter }), x)).toBeCloseTo(byOutput, 4);
  });
});

test("the gradient of a gather on wasm equals that on cpu, repeated and left-out rows included", async () => {
  await expectSame((tf) => {
    const table = tf.tensor(numbers([5, 3], 1), [5, 3]);
    const rows = tf.tensor1d([4, 0, 4, 2, 2, 2], "int32");
    return [tf.grad((x) => tf.gather(x, rows))(table, tf.tensor(numbers([6, 3], 2), [6, 3]))];
  });
});

test("segment sums on wasm drop ids outside the segments, as cpu does", async () => {
  await expectSame((tf) => {
    const ids = tf.tensor1d([1, -1, 0, 1], "int32");
    return [tf.unsortedSegmentSum(tf.tensor(numbers([4, 2], 1), [4, 2]), ids, 2)];
  });
});
