import { expect, test } from "vitest";
import { assertFiniteState } from "../../../plugins/trainers/loop/finite-state.ts";

test("state of numbers passes", () => {
  assertFiniteState(new Map([["model/conv/kernel", new Float32Array([0, -1e38])]]), 0, 1);
});

test.each([
  ["model/conv/kernel", Number.NaN, 'weight "conv/kernel"'],
  ["loss/crd/bank", Number.POSITIVE_INFINITY, 'weight of the loss "crd/bank"'],
  ["optimizer/velocity", Number.NaN, 'state "velocity"'],
])("%s with %d is refused by name, epoch and step", (name, value, words) => {
  const state = new Map([
    ["model/dense/bias", new Float32Array([1])],
    [name, new Float32Array([0, value])],
  ]);
  expect(() => assertFiniteState(state, 2, 8)).toThrow(
    expect.objectContaining({
      code: "KDF_TRAIN_NOT_FINITE",
      message: `${words} became NaN or infinite in epoch 3, by step 8, though the loss was finite`,
    }),
  );
});
