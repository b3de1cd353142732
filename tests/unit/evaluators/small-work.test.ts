import type { Tensor } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { backendForSmallWork, isSmallWork } from "../../../plugins/evaluators/scoring/small-work.ts";
import { loadBackend } from "../../support/backend.ts";

test("a few dozen images are small work, a hundred are not", () => {
  expect([37, 64, 65, 100].map(isSmallWork)).toEqual([true, true, false, false]);
});

test("a backend that records nothing stays as it is, so that its long calls can be interrupted", async () => {
  const own = await loadBackend("cpu");
  expect(backendForSmallWork(own)).toBe(own);
});

test("small work is done operation by operation on a backend that would record a graph", async () => {
  const own = await loadBackend("cpu");
  const { tf } = own;
  const backend = backendForSmallWork({
    ...own,
    blocks: false,
    createForward: () => expect.unreachable("a graph was asked for"),
  });
  const forward = backend.createForward({
    inputs: { x: { shape: [2], dtype: "float32" } },
    batchSizes: [4],
    forward: ({ x }) => ({ doubled: tf.mul(x as Tensor, 2) }),
  });
  const { doubled } = await forward.run({ x: Float32Array.of(1, 2, 3, 4, 5, 6) }, 3);
  forward.dispose();
  expect(doubled).toEqual(Float32Array.of(2, 4, 6, 8, 10, 12));
});
