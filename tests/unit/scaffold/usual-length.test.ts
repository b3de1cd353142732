import { expect, it } from "vitest";
import { teacherBackbone, usualBatch, usualLength } from "../../../plugins/scaffold/init/training.ts";

const updates = (images: number, side: number): number =>
  usualLength(images, side) * Math.ceil(images / usualBatch(images, side));

it("gives few photos small batches and many epochs, until the updates are enough", () => {
  expect([usualBatch(400, 96), usualLength(400, 96)]).toEqual([16, 60]);
  for (const images of [100, 240, 400, 1000, 3000, 20_000, 60_000]) {
    expect(updates(images, 96)).toBeGreaterThanOrEqual(1500);
  }
});

it("gives some thousand photos as many samples as two cores work through in minutes", () => {
  expect([usualBatch(3000, 96), usualLength(3000, 96)]).toEqual([32, 20]);
  expect(usualLength(20_000, 96)).toBe(4);
});

it("takes a teacher that is larger than the student, and no slower than it must be", () => {
  expect(teacherBackbone(830_000, 96)).toBe("mobilenet-v1");
  expect(teacherBackbone(3_200_000, 96)).toEqual({ use: "resnet", depth: 18 });
  expect(teacherBackbone(100_000, 32)).toEqual({ use: "resnet", depth: 14 });
});

it("leaves data of many images as they were, and never goes on for ever", () => {
  expect([usualBatch(54_000, 28), usualLength(54_000, 28)]).toEqual([64, 4]);
  expect([usualBatch(12, 64), usualLength(12, 64)]).toEqual([8, 120]);
  expect(usualBatch(20_000, 256)).toBe(8);
});
