import type { Tensor4D } from "@tensorflow/tfjs";
import { describe, expect } from "vitest";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { nativeTest } from "./capture/native-test.ts";

/** Stride, channels, height and width. The library's own way writes beyond its scratchpad in all but the first. */
const rows = [
  [1, 3, 40, 72],
  [2, 3, 40, 72],
  [2, 8, 41, 33],
  [3, 15, 64, 64],
] as const;

describe("the gradient of a 1×1 filter on few channels", () => {
  for (const [stride, channels, height, width] of rows) {
    nativeTest(`is with stride ${stride} what it is where zeros widen ${channels} channels`, async ({ tf }) => {
      const x = tf.randomUniform([2, height, width, channels], -1, 1, "float32", 7) as Tensor4D;
      const wide = tf.pad4d(x, [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 32 - channels],
      ]);
      const gradient = (pixels: Tensor4D): Tensor4D => {
        const gradientOf = tf.grad((filter) =>
          tf.sum(tf.square(tf.conv2d(pixels, filter as Tensor4D, stride, "same"))),
        );
        return gradientOf(tf.ones([1, 1, pixels.shape[3], 8])) as Tensor4D;
      };

      const found = await gradient(x).data();
      const expected = await tf.slice(gradient(wide), [0, 0, 0, 0], [1, 1, channels, 8]).data();

      expect(relativeError(found, expected)).toBeLessThanOrEqual(tolerances.value);
    });
  }
});
