import { expect, test } from "vitest";
import { plainView } from "../../../core/index.ts";
import { colorJitter } from "../../../plugins/augmentations/color-jitter.ts";
import { create, views } from "./augment.ts";

test("makes each of its edits once, in all orders, within their ranges", async () => {
  const made = views(await create(colorJitter, { brightness: 0.4, contrast: 1.5, saturation: 0.2, hue: 0.1 }), 1000);
  const orders = new Map<string, number>();
  for (const { edits = [] } of made) {
    const order = edits.map(({ op }) => op).join();
    orders.set(order, (orders.get(order) ?? 0) + 1);
    for (const edit of edits) {
      if (edit.op === "brightness") expect(Math.abs(edit.factor - 1)).toBeLessThanOrEqual(0.4);
      // 1 − 1.5 would be below 0.
      if (edit.op === "contrast") expect(Math.abs(edit.factor - 1.25)).toBeLessThanOrEqual(1.25);
      if (edit.op === "saturation") expect(Math.abs(edit.factor - 1)).toBeLessThanOrEqual(0.2);
      if (edit.op === "hue") expect(Math.abs(edit.turn)).toBeLessThanOrEqual(0.1);
    }
  }
  expect(orders.size).toBe(24);
  // 1000 / 24 each, within five standard deviations.
  for (const count of orders.values()) expect(Math.abs(count - 1000 / 24)).toBeLessThan(5 * Math.sqrt(1000 / 24));
});

test("leaves alone what has no strength", async () => {
  const [view] = views(await create(colorJitter, { brightness: 0, contrast: 0, saturation: 0, hue: 0 }), 1);
  expect(view).toEqual(plainView);
  const [one] = views(await create(colorJitter, { brightness: 0, contrast: 0.3, saturation: 0, hue: 0 }), 1);
  expect(one?.edits?.map(({ op }) => op)).toEqual(["contrast"]);
});
