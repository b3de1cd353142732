import { expect, test } from "vitest";
import { plainView } from "../../../core/index.ts";
import { cutout } from "../../../plugins/augmentations/cutout.ts";
import { renderView } from "../../../plugins/data/rendering/render.ts";
import { create, views } from "./augment.ts";

const boxes = async (options: object, count: number) =>
  views(await create(cutout, { fill: 128, probability: 1, ...options }), count).map(({ edits }) => {
    const edit = edits?.[0];
    if (edit?.op !== "erase") throw new Error("cutout makes no box");
    return edit.box;
  });

test("puts the middle of its box anywhere, and cuts the box off at the border", async () => {
  const made = await boxes({ size: 0.5 }, 4000);
  for (const { left, width } of made) {
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left + width).toBeLessThanOrEqual(1 + 1e-12);
    expect(width).toBeGreaterThanOrEqual(0.25);
    expect(width).toBeLessThanOrEqual(0.5 + 1e-12);
  }
  // A middle within a quarter of either border cuts: on average 0.5 − 2 · 0.25 · 0.125 of the side is covered.
  const mean = made.reduce((sum, { width }) => sum + width, 0) / made.length;
  expect(Math.abs(mean - 0.4375)).toBeLessThan(4 * (0.09 / Math.sqrt(4000)));
});

test("covers some of the views by chance", async () => {
  const made = views(await create(cutout, { size: 0.5, fill: 0, probability: 0.25 }), 2000);
  const covered = made.filter(({ edits }) => edits !== undefined).length;
  expect(Math.abs(covered - 500)).toBeLessThan(4 * Math.sqrt(2000 * 0.25 * 0.75));
});

test("fills whole pixels, and mixes those that it covers in part", () => {
  const size = { height: 1, width: 4, channels: 1 };
  const render = (left: number, width: number): number[] => {
    const out = new Uint8Array(4);
    const edits = [{ op: "erase", box: { left, top: 0, width, height: 1 }, fill: 200 } as const];
    renderView(Uint8Array.of(0, 40, 80, 120), size, { ...plainView, edits }, size, out);
    return [...out];
  };
  expect(render(0.25, 0.5)).toEqual([0, 200, 200, 120]);
  // Half of the second pixel and a quarter of the third: 40 + 160 / 2, 80 + 120 / 4.
  expect(render(1.5 / 4, 0.75 / 4)).toEqual([0, 120, 110, 120]);
});
