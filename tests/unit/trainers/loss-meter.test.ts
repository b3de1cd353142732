import { createRequire } from "node:module";
import type * as tfTypes from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { createLossMeter } from "../../../plugins/trainers/loop/loss-meter.ts";

const tf = createRequire(import.meta.url)("@tensorflow/tfjs") as typeof tfTypes;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Adds steps to a meter as a training does and returns what the last step would fetch. */
function addAll(meter: ReturnType<typeof createLossMeter>, steps: readonly (readonly [number, number])[]) {
  let fetched: Record<string, Float32Array> = {};
  steps.forEach(([loss, kd], i) => {
    fetched = tf.tidy(() => {
      const values = { loss: tf.scalar(loss), kd: tf.scalar(kd) };
      const read = meter.add(values, tf.scalar(i === 0 ? 0 : 1));
      return Object.fromEntries(
        Object.entries(read).map(([name, tensor]) => [name, tensor.dataSync() as Float32Array]),
      );
    }) as Record<string, Float32Array>;
  });
  return fetched;
}

describe("createLossMeter", () => {
  it("gives the mean of every step since the epoch began, and forgets the epoch before", () => {
    const meter = createLossMeter(tf, ["loss", "kd"]);
    addAll(meter, [[100, 100]]);
    const { means } = meter.read(
      addAll(meter, [
        [1, 3],
        [2, 5],
      ]),
      2,
      0,
    );
    expect(means).toEqual({ loss: (1 + 2) / 2, kd: (3 + 5) / 2 });
  });

  it("names the term and the step at which a value was no longer finite", () => {
    const meter = createLossMeter(tf, ["loss", "kd"]);
    const fetched = addAll(meter, [
      [1, 1],
      [2, 2],
      [Number.NaN, Number.NaN],
      [Number.NaN, 4],
    ]);
    expect(() => meter.read(fetched, 4, 1)).toThrow('term "kd" of the loss became NaN or infinite in epoch 2, step 3');
  });

  it("blames the weighted sum when every term by itself was finite", () => {
    const meter = createLossMeter(tf, ["loss", "kd"]);
    const fetched = addAll(meter, [[Number.POSITIVE_INFINITY, 1]]);
    expect(() => meter.read(fetched, 1, 0)).toThrow("the weighted sum of the terms of the loss became NaN or infinite");
  });
});
