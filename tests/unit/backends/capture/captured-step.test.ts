import type { Tensor } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend } from "../../../../core/index.ts";
import { nativeTensors, nativeTest } from "./native-test.ts";
import {
  author,
  crossEntropy,
  expectSameResults,
  expectSameState,
  type SmallLoss,
  smallBatch,
  smallScalars,
  smallStep,
  startWeights,
} from "./small-step.ts";

nativeTest("follows the eager step over steps with other data and scalars, and a smaller batch", async (backend) => {
  using captured = await smallStep(backend, { loss: crossEntropy, batchSizes: [4, 3] });
  using eager = await smallStep(backend, { loss: crossEntropy, eager: true });
  expect(captured.step.mode).toBe("captured");
  // 2 was not foreseen: it is captured when it comes, and the state moves over
  for (const [step, size] of [4, 4, 3, 4, 2, 4].entries()) {
    const [batch, scalars] = [smallBatch(size, step), smallScalars(step)];
    const expected = await eager.step.run(batch, size, scalars, { fetch: true });
    expectSameResults(await captured.step.run(batch, size, scalars, { fetch: true }), expected);
  }
  expectSameState(await captured.step.readState(), await eager.step.readState());
});

nativeTest("ends a preparation that is interrupted after the body that runs at the moment", async (backend) => {
  const before = nativeTensors(backend);
  const controller = new AbortController();
  let calls = 0;
  const interrupting: SmallLoss = (tensors) => {
    calls += 1;
    controller.abort(new Error("interrupted"));
    return crossEntropy(tensors);
  };
  const changes = { signal: controller.signal };
  await expect(smallStep(backend, { loss: interrupting, batchSizes: [4, 3], changes })).rejects.toThrow("interrupted");
  expect(calls).toBe(1);
  // the weight is the caller's
  expect(nativeTensors(backend) - before).toBeLessThanOrEqual(1);
});

nativeTest("changes nothing at a learning rate of zero", async (backend) => {
  using captured = await smallStep(backend, { loss: crossEntropy });
  await captured.step.run(smallBatch(4), 4, { learningRate: 0, termWeight: 1 }, { fetch: false });
  expect([...((await captured.step.readState()).get("weight") ?? [])]).toEqual([...Float32Array.from(startWeights)]);
});

nativeTest("predicts batches below, at and above the captured size", async (backend) => {
  using captured = await smallStep(backend, { loss: crossEntropy });
  using eager = await smallStep(backend, { loss: crossEntropy, eager: true });
  for (const size of [1, 4, 9]) {
    const expected = await eager.step.predict(smallBatch(size), size);
    expectSameResults(await captured.step.predict(smallBatch(size), size), expected);
  }
});

nativeTest("takes back the state that it gave", async (backend) => {
  using captured = await smallStep(backend, { loss: crossEntropy });
  const before = await captured.step.readState();
  await captured.step.run(smallBatch(4), 4, smallScalars(0), { fetch: false });
  expect(await captured.step.readState()).not.toEqual(before);
  await captured.step.writeState(before);
  expect(await captured.step.readState()).toEqual(before);
});

nativeTest("does not freeze a counter in a loss", async (backend) => {
  let counter = 0;
  await expectRefused(backend, ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), ++counter), "constant");
});

nativeTest("does not freeze a branch on a counter, and keeps none of its tensors", async (backend) => {
  let calls = 0;
  const branches: SmallLoss = ({ tf, x, weight }) => {
    const product = tf.mul(x, weight);
    return ++calls % 2 === 1 ? tf.exp(product) : tf.square(tf.sin(product));
  };
  const before = nativeTensors(backend);
  await expectRefused(backend, branches, "the second time");
  expect(nativeTensors(backend)).toBe(before);
});

nativeTest("does not freeze chance in a loss", async (backend) => {
  await expectRefused(backend, ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), Math.random()), "constant");
});

nativeTest("does not freeze dropout", async (backend) => {
  await expectRefused(backend, ({ tf, x, weight }) => tf.dropout(tf.mul(x, weight), 0.5), "tf.dropout");
});

nativeTest("does not freeze a value that a loss reads on the host", async (backend) => {
  const reads: SmallLoss = ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), x.dataSync()[0] ?? 0);
  await expectRefused(backend, reads, "on the host");
});

nativeTest("does not freeze a variable outside the state", async (backend) => {
  const outside = backend.tf.variable(backend.tf.scalar(2), false);
  try {
    await expectRefused(backend, ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), outside as Tensor), "variable");
  } finally {
    outside.dispose();
  }
});

nativeTest("refuses an array of the wrong size as the eager step does", async (backend) => {
  using captured = await smallStep(backend, { loss: crossEntropy });
  const batch = { ...smallBatch(4), x: new Float32Array(3) };
  await expect(captured.step.run(batch, 4, smallScalars(0), { fetch: false })).rejects.toThrow(/holds 3 numbers/);
});

nativeTest("keeps no tensors from step to step", async (backend) => {
  using captured = await smallStep(backend, { loss: crossEntropy });
  const batch = smallBatch(4);
  const run = (steps: number) =>
    Array.from({ length: steps }).reduce<Promise<unknown>>(
      (before) => before.then(() => captured.step.run(batch, 4, smallScalars(0), { fetch: true })),
      Promise.resolve(),
    );
  await run(500);
  const { tf } = backend;
  const [tensors, ofEngine, bytes] = [nativeTensors(backend), tf.memory().numTensors, process.memoryUsage.rss()];
  await run(10_000);
  expect(nativeTensors(backend)).toBe(tensors);
  expect(tf.memory().numTensors).toBe(ofEngine);
  expect((process.memoryUsage.rss() - bytes) / 2 ** 20).toBeLessThan(64);
});

/** The step is eager, says why and whose fault it is, starts from untouched weights and goes on training. */
async function expectRefused(backend: Backend, loss: SmallLoss, reason: string): Promise<void> {
  const tensors = backend.tf.memory().numTensors;
  {
    using refused = await smallStep(backend, { loss });
    expect(refused.step.mode).toBe("eager");
    expect(refused.step.eagerReason).toContain(author);
    expect(refused.step.eagerReason).toContain(reason);
    expect([...refused.weight.dataSync()]).toEqual([...Float32Array.from(startWeights)]);
    await refused.step.run(smallBatch(4), 4, smallScalars(0), { fetch: false });
    expect([...refused.weight.dataSync()]).not.toEqual([...Float32Array.from(startWeights)]);
  }
  expect(backend.tf.memory().numTensors).toBe(tensors);
}
