import { expect, test } from "vitest";
import { createRng } from "../../../core/tensors/rng.ts";
import { checkClassWeights, classWeightsOf } from "../../../plugins/tasks/classification/class-weights.ts";
import { epochOrder } from "../../../plugins/trainers/batches/epoch-order.ts";

const classNames = ["cat", "dog", "eel", "fox"];
const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 3);

test("balanced weights are n / (k · n_c), of the classes that have samples", () => {
  expect(classWeightsOf("balanced", classNames, labels)).toEqual(Float32Array.of(9 / (3 * 6), 9 / (3 * 2), 0, 9 / 3));
});

test("weights by name leave the others at one", () => {
  expect(classWeightsOf({ eel: 3, cat: 0 }, classNames, labels)).toEqual(Float32Array.of(0, 1, 3, 1));
});

test("a name that is no class is refused, with the place of its key", () => {
  expect(() => checkClassWeights({ cat: 1, "c/t~": 2 }, classNames)).toThrow(
    expect.objectContaining({ code: "KDF_PLAN_CLASS_WEIGHTS", option: "/classWeights/c~1t~0" }),
  );
  checkClassWeights({ cat: 1 }, classNames);
  checkClassWeights("balanced", classNames);
});

test("an epoch is every sample once, in the order that it always had", () => {
  expect(epochOrder(createRng(1, "order", 0), 9)).toEqual(createRng(1, "order", 0).permutation(9));
  expect([...epochOrder(createRng(1, "order", 0), 9)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("balanced epochs are as long, with every class and each sample of it equally often", () => {
  const counts = new Float64Array(9);
  for (let epoch = 0; epoch < 1000; epoch++) {
    const order = epochOrder(createRng(1, "order", epoch), 9, labels);
    expect(order.length).toBe(9);
    for (const index of order) counts[index] = (counts[index] ?? 0) + 1;
  }
  // 9000 draws, 3000 of each class; four standard deviations.
  for (const [index, count] of counts.entries()) {
    const expected = 3000 / ([6, 2, 0, 1][labels[index] ?? 0] ?? 1);
    expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected));
  }
  const again = epochOrder(createRng(1, "order", 5), 9, labels);
  expect(again).toEqual(epochOrder(createRng(1, "order", 5), 9, labels));
});
