import { expect, test } from "vitest";
import { plainView } from "../../../core/index.ts";
import { randomResizedCrop } from "../../../plugins/augmentations/random-resized-crop.ts";
import { create, views } from "./augment.ts";

const original = { height: 300, width: 400, channels: 3 };
const usual = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] };

test("crops whole pixels inside the image, of the areas and ratios that were asked for", async () => {
  const made = views(await create(randomResizedCrop, usual), 2000, { original });
  for (const { left, top, width, height } of made) {
    for (const pixels of [left * 400, width * 400, top * 300, height * 300]) {
      expect(Math.abs(pixels - Math.round(pixels))).toBeLessThan(1e-9);
    }
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
    expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(1 + 1e-12);
    // A rounded side is up to half a pixel off; the smallest, √(0.08 · 120 000 · 3/4), has 85.
    expect(width * height).toBeGreaterThan(0.08 * (1 - 2 * (0.5 / 85)));
    const ratio = (width * 400) / (height * 300);
    expect(ratio).toBeGreaterThan((3 / 4) * (1 - 0.5 / 85 - 0.5 / 113));
    expect(ratio).toBeLessThan((4 / 3) * (1 + 0.5 / 85 + 0.5 / 113) * 1.0001);
  }
});

test("draws areas evenly, and logarithms of ratios evenly around a square", async () => {
  const made = views(await create(randomResizedCrop, { scale: [0.1, 0.3], ratio: [0.5, 2] }), 4000, { original });
  const areas = made.map(({ width, height }) => width * height);
  const logs = made.map(({ width, height }) => Math.log((width * 400) / (height * 300)));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  // Four standard errors: 0.2 / √12 / √4000 and 2 ln 2 / √12 / √4000.
  expect(Math.abs(mean(areas) - 0.2)).toBeLessThan((4 * 0.2) / Math.sqrt(12 * 4000));
  expect(Math.abs(mean(logs))).toBeLessThan((4 * 2 * Math.LN2) / Math.sqrt(12 * 4000));
  const below = areas.filter((area) => area < 0.15).length; // a quarter of them
  expect(Math.abs(below - 1000)).toBeLessThan(4 * Math.sqrt(4000 * 0.25 * 0.75));
});

test("takes the middle where no crop fits", async () => {
  // Twice the area never fits. 4:3 is within the range: the whole image.
  const [whole] = views(await create(randomResizedCrop, { scale: [2, 2], ratio: [3 / 4, 4 / 3] }), 1, { original });
  expect(whole).toEqual(plainView);
  // Too wide for squares: 300 × 300 from column 50 on.
  const [square] = views(await create(randomResizedCrop, { scale: [2, 2], ratio: [1, 1] }), 1, { original });
  expect(square).toEqual({ left: 50 / 400, top: 0, width: 300 / 400, height: 1, flip: false });
  // Too narrow for 2:1: 400 × 200 from row 50 on.
  const [flat] = views(await create(randomResizedCrop, { scale: [2, 2], ratio: [2, 2] }), 1, { original });
  expect(flat).toEqual({ left: 0, top: 50 / 300, width: 1, height: 200 / 300, flip: false });
});

test("takes the place of the crop before it, and keeps flip and edits", async () => {
  const from = { left: 0.25, top: 0.25, width: 0.5, height: 0.5, flip: true, edits: [{ op: "equalize" } as const] };
  const augmentation = await create(randomResizedCrop, usual);
  const [before] = views(augmentation, 1, { from, original });
  const [plain] = views(augmentation, 1, { original });
  expect(before).toEqual({ ...plain, flip: true, edits: from.edits });
});
