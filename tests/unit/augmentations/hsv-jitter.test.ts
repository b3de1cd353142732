import { expect, test } from "vitest";
import { hsvJitter } from "../../../plugins/augmentations/hsv-jitter.ts";
import { scaleTranslate } from "../../../plugins/augmentations/scale-translate.ts";
import { applyEdits } from "../../../plugins/data/rendering/render-edits.ts";
import { create, views } from "./augment.ts";

test("draws a factor for each of hue, saturation and value, within its range", async () => {
  const made = views(await create(hsvJitter, { hue: 0.015, saturation: 0.7, value: 0.4 }), 1000);
  const sums = { hue: 0, saturation: 0, value: 0 };
  for (const { edits = [] } of made) {
    const [edit] = edits;
    if (edit?.op !== "hsv") throw new Error("it makes one edit");
    for (const [name, strength] of [
      ["hue", 0.015],
      ["saturation", 0.7],
      ["value", 0.4],
    ] as const) {
      expect(Math.abs(edit[name] - 1)).toBeLessThanOrEqual(strength);
      sums[name] += (edit[name] - 1) / strength / 1000;
    }
  }
  // the mean of 1000 draws from −1 … 1 has the deviation 1 / √3000
  for (const mean of Object.values(sums)) expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(3000));
});

test.each([
  // value 200, saturation 3/4: value · 1.2 = 240, saturation · 0.5 = 3/8, so the lowest is 240 · 5/8
  [[200, 50, 50], { hue: 1, saturation: 0.5, value: 1.2 }, [240, 150, 150]],
  // saturation and value end at 1
  [[200, 50, 50], { hue: 1, saturation: 2, value: 2 }, [255, 0, 0]],
  // yellow, at 1 of 6, goes to 2 of 6, which is green; blue, at 4 of 6, to 8 of 6, the same
  [[200, 200, 0], { hue: 2, saturation: 1, value: 1 }, [0, 200, 0]],
  [[0, 0, 200], { hue: 2, saturation: 1, value: 1 }, [0, 200, 0]],
  // rose, at 5.5 of 6, halved: 2.75
  [[200, 0, 100], { hue: 0.5, saturation: 1, value: 1 }, [0, 200, 150]],
  [[90, 90, 90], { hue: 1.5, saturation: 1.5, value: 0.5 }, [45, 45, 45]],
])("turns %j by %j to %j", (before, factors, after) => {
  const pixels = Uint8Array.from(before);
  applyEdits(pixels, { height: 1, width: 1, channels: 3 }, [{ op: "hsv", ...factors }]);
  expect([...pixels]).toEqual(after);
});

test("changes grey images by the value alone", () => {
  const pixels = Uint8Array.of(10, 200);
  applyEdits(pixels, { height: 1, width: 2, channels: 1 }, [{ op: "hsv", hue: 0.5, saturation: 0, value: 1.5 }]);
  expect([...pixels]).toEqual([15, 255]);
});

test("scale-translate shows the middle of the canvas by 1 / scale, moved by up to its share", async () => {
  const made = views(await create(scaleTranslate, { scale: [0.5, 1.6], translate: 0.1 }), 1000);
  for (const { scene } of made) {
    const { left, top, width, height } = scene?.shown ?? { left: 0, top: 0, width: 0, height: 0 };
    expect(width).toBe(height);
    expect(1 / width).toBeGreaterThanOrEqual(0.5);
    expect(1 / width).toBeLessThanOrEqual(1.6);
    // the canvas's middle is seen at 0.5 ± 0.1 of what is shown
    for (const start of [left, top]) expect(Math.abs((0.5 - start) / width - 0.5)).toBeLessThanOrEqual(0.1 + 1e-12);
  }
  const still = views(await create(scaleTranslate, { scale: [1, 1], translate: 0 }), 1);
  expect(still[0]?.scene).toEqual({ shown: { left: 0, top: 0, width: 1, height: 1 } });
});
