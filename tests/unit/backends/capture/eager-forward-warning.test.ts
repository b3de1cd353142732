import type { Tensor } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { ForwardSpec, Tf } from "../../../../core/index.ts";
import { nativeTest } from "./native-test.ts";

const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6]);

/** Twice the pixels, of two a sample; `twice` says how the 2 comes about. */
function forwardSpec(tf: Tf, reasons: string[], twice: (x: Tensor) => Tensor): ForwardSpec {
  return {
    inputs: { pixels: { shape: [2], dtype: "uint8" } },
    batchSizes: [2, 1],
    forward: ({ pixels: x }) => ({ doubled: twice(tf.cast(x as Tensor, "float32")) }),
    onEager: (reason) => reasons.push(reason),
  };
}

nativeTest(
  "a forward pass that reads a tensor on the host runs eagerly, and says so once",
  async ({ tf, createForward }) => {
    const reasons: string[] = [];
    const reading = forwardSpec(tf, reasons, (x) => tf.mul(x, (x.dataSync()[0] ?? 0) > 1e6 ? 3 : 2));
    const forward = createForward(reading);
    try {
      expect([...((await forward.run({ pixels }, 3))["doubled"] ?? [])]).toEqual([2, 4, 6, 8, 10, 12]);
      expect(reasons).toEqual([expect.stringContaining("on the host")]);
    } finally {
      forward.dispose();
    }
  },
);

nativeTest("a forward pass that is captured says nothing", async ({ tf, createForward }) => {
  const reasons: string[] = [];
  const forward = createForward(forwardSpec(tf, reasons, (x) => tf.mul(x, 2)));
  try {
    expect([...((await forward.run({ pixels }, 3))["doubled"] ?? [])]).toEqual([2, 4, 6, 8, 10, 12]);
    expect(reasons).toEqual([]);
  } finally {
    forward.dispose();
  }
});
