import type { Tensor } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { countGraphMultiplyAdds } from "../../../plugins/teachers/tfjs/graph-multiply-adds.ts";
import { testBackend } from "../../support/backend.ts";

const { tf } = await testBackend();
const image = (...shape: number[]) => tf.zeros(shape) as never;

test.each<[string, () => Tensor | Tensor[], number | undefined]>([
  ["a convolution", () => tf.conv2d(image(2, 8, 8, 3), image(3, 3, 3, 4), 2, "same"), 2 * 4 * 4 * 4 * 27],
  [
    "one with its bias and activation",
    () =>
      tf.fused.conv2d({ x: image(1, 8, 8, 3), filter: image(1, 1, 3, 5), strides: 1, pad: "same", activation: "relu" }),
    8 * 8 * 5 * 3,
  ],
  ["a depthwise one", () => tf.depthwiseConv2d(image(1, 8, 8, 3), image(3, 3, 3, 1), 1, "same"), 8 * 8 * 3 * 9],
  ["a product of matrices", () => tf.matMul(image(6, 5), image(6, 7), true), 5 * 7 * 6],
  ["products of a batch", () => tf.matMul(image(4, 2, 6), image(4, 3, 6), false, true), 4 * 2 * 3 * 6],
  [
    "both",
    () => [tf.matMul(image(1, 2), image(2, 3)), tf.conv2d(image(1, 4, 4, 1), image(1, 1, 1, 1), 1, "same")],
    6 + 16,
  ],
  ["sums alone", () => tf.add(image(2, 2), image(2, 2)), undefined],
  [
    "a transposed convolution",
    () => tf.conv2dTranspose(image(1, 4, 4, 2), image(3, 3, 4, 2), [1, 8, 8, 4], 2, "same"),
    undefined,
  ],
])("counts %s, and leaves no tensor", async (_what, pass, expected) => {
  const before = tf.memory().numTensors;
  expect(await countGraphMultiplyAdds(tf, pass)).toBe(expected);
  expect(tf.memory().numTensors).toBe(before);
});
