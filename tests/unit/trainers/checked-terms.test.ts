import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import type { Tf } from "../../../core/index.ts";
import { checkedBackbone } from "../../../plugins/networks/building/checked-backbone.ts";
import { checkedTerm, withoutGradient } from "../../../plugins/trainers/step/checked-terms.ts";

const engine = tf as unknown as Tf;
beforeAll(async () => {
  await tf.setBackend("cpu");
});

test("a loss is a scalar tensor", () => {
  const loss = tf.scalar(1);
  expect(checkedTerm(engine, "own", loss)).toBe(loss);
});

test.each<[() => unknown, string]>([
  [() => undefined, "nothing (is a `return` missing?)"],
  [() => 3, "a number"],
  [() => Promise.resolve(3), "a promise (`compute` must not be async)"],
  [() => tf.ones([4]), "a tensor of the shape [4]"],
  [() => tf.scalar(1, "int32"), "a tensor of the type int32"],
])("what is none is said in words: %#", (make, words) => {
  expect(() => checkedTerm(engine, "own", make())).toThrow(
    expect.objectContaining({
      code: "KDF_TRAIN_LOSS_VALUE",
      message: `the loss term "own" gives ${words}, wanted a scalar tensor []`,
    }),
  );
});

test("a loss without a gradient names the operation, or that it misses the student", () => {
  const weight = tf.variable(tf.tensor1d([1, 2, 3]));
  const of = (loss: () => tf.Scalar) => () => withoutGradient(["own"], () => tf.variableGrads(loss, [weight]));
  expect(of(() => tf.mean(tf.topk(weight, 2).values))).toThrow(
    expect.objectContaining({
      code: "KDF_TRAIN_NO_GRADIENT",
      message: 'the loss ("own") uses TopK, which has no gradient',
    }),
  );
  expect(of(() => tf.mean(tf.ones([3])))).toThrow(
    expect.objectContaining({ message: 'the loss ("own") does not depend on the student' }),
  );
  expect(of(() => tf.mean(weight))()).toHaveProperty("value");
});

test("a backbone builds maps", () => {
  const output = { shape: [null, 4, 4, 8] };
  expect(checkedBackbone("own", { taps: {}, output } as never)).toEqual({ taps: {}, output });
  for (const [built, words] of [
    [undefined, "builds nothing"],
    [{ taps: {} }, "builds no `output`"],
    [{ taps: {}, output: { shape: [null, 128] } }, "builds an output of the shape [batch, 128]"],
  ] as const) {
    expect(() => checkedBackbone("own", built as never)).toThrow(
      expect.objectContaining({ code: "KDF_TRAIN_NETWORK", message: `the backbone "own" ${words}` }),
    );
  }
});
