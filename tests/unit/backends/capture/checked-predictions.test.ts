import type { Tensor } from "@tensorflow/tfjs";
import { expect } from "vitest";
import { nativeTest } from "./native-test.ts";
import { crossEntropy, expectSameResults, smallBatch, smallScalars, smallStep } from "./small-step.ts";

nativeTest("predictions that the graph rounds otherwise are made eagerly, and that is said once", async (backend) => {
  const { tf } = backend;
  const reasons: string[] = [];
  using captured = await smallStep(backend, {
    loss: crossEntropy,
    changes: {
      // operation by operation this rounds to eighths; the graph's optimiser adds the two numbers first
      predict: ({ x }) => ({ rounded: tf.add(tf.add(x as Tensor, 1.5 * 2 ** 20), -1.5 * 2 ** 20) }),
      onEagerPrediction: (reason) => reasons.push(reason),
    },
  });
  expect(captured.step.mode).toBe("captured");
  const { x } = smallBatch(4);
  for (const _ of [1, 2]) {
    const { rounded } = await captured.step.predict(smallBatch(4), 4);
    expect(rounded).toEqual((x as Float32Array).map((value) => Math.round(8 * value) / 8));
  }
  expect(reasons).toEqual([expect.stringContaining('"rounded" of the captured prediction differs')]);
});

nativeTest("the check of the first prediction leaves the state as it is", async (backend) => {
  using captured = await smallStep(backend, { loss: crossEntropy });
  await captured.step.run(smallBatch(4, 1), 4, smallScalars(0), { fetch: false });
  const before = await captured.step.readState();
  await captured.step.predict(smallBatch(4), 4);
  expect(await captured.step.readState()).toEqual(before);
});

nativeTest("predictions are of the weights as they are, before and after the first was checked", async (backend) => {
  using captured = await smallStep(backend, { loss: crossEntropy });
  using eager = await smallStep(backend, { loss: crossEntropy, eager: true });
  for (const phase of [1, 2, 3]) {
    for (const { step } of [captured, eager]) {
      await step.run(smallBatch(4, phase), 4, smallScalars(0), { fetch: false });
    }
    const expected = await eager.step.predict(smallBatch(5, phase), 5);
    expectSameResults(await captured.step.predict(smallBatch(5, phase), 5), expected);
  }
});

nativeTest("the first prediction has the bits of the same one made later", async (backend) => {
  using captured = await smallStep(backend, {
    loss: crossEntropy,
    // the graph's optimiser divides once for all: other last bits than operation by operation
    changes: { predict: ({ x }) => ({ weighted: backend.tf.div(backend.tf.div(x as Tensor, 3), 7) }) },
  });
  const first = await captured.step.predict(smallBatch(4), 4);
  expect(await captured.step.predict(smallBatch(4), 4)).toEqual(first);
});
