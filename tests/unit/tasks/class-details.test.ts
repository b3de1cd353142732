import { expect, it } from "vitest";
import { ConfusionCount } from "../../../plugins/tasks/classification/class-details.ts";

it("counts answers by true class, and an image without an answer as wrong", () => {
  const count = new ConfusionCount(["b", "1", "a"]);
  for (const [truth, answer] of [
    [0, 0],
    [0, 1],
    [0, -1],
    [1, 1],
  ] as const)
    count.add(truth, answer);
  expect(count.details()).toEqual({
    classNames: ["b", "1", "a"],
    perCategory: {
      b: { accuracy: 1 / 3, images: 3 },
      1: { accuracy: 1, images: 1 },
      a: { accuracy: null, images: 0 },
    },
    confusion: [
      [1, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ],
  });
});

it("lists the commonest mistakes where there are many classes", () => {
  const count = new ConfusionCount(Array.from({ length: 31 }, (_, at) => `class ${at}`));
  for (let times = 0; times < 3; times++) count.add(4, 30);
  count.add(30, 4);
  count.add(5, 5);
  const details = count.details();
  expect(details.confusion).toBeUndefined();
  expect(details.mistakes).toEqual([
    { truth: "class 4", answer: "class 30", images: 3 },
    { truth: "class 30", answer: "class 4", images: 1 },
  ]);
});
