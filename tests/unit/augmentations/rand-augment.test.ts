import { expect, test } from "vitest";
import { plainView } from "../../../core/index.ts";
import { randAugment } from "../../../plugins/augmentations/rand-augment.ts";
import { create, views } from "./augment.ts";

/** What can be drawn of one operation at a magnitude, as text, by how often it was drawn in 14 000 views. */
async function drawn(magnitude: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const view of views(await create(randAugment, { numOps: 1, magnitude }), 14_000)) {
    const [edit] = view.edits ?? [];
    const rounded = Object.entries(edit ?? { op: "identity" }).map(([key, value]) =>
      typeof value === "number" ? `${key} ${Number(value.toFixed(4)) + 0}` : value,
    );
    const text = rounded.join(" ");
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

test("draws torchvision's fourteen operations evenly, at their strengths of magnitude 15 of 30", async () => {
  const counts = await drawn(15);
  const either = (make: (sign: number) => string): string[] => [make(1), make(-1)];
  const signed = [
    either((sign) => `shear x ${sign * 0.15} y 0`), // 0.3 / 2
    either((sign) => `shear x 0 y ${sign * 0.15}`),
    either((sign) => `translate x ${sign * 0.2266} y 0`), // 150 / 331 / 2
    either((sign) => `translate x 0 y ${sign * 0.2266}`),
    either((sign) => `rotate degrees ${sign * 15}`),
    ...["brightness", "saturation", "contrast", "sharpness"].map((op) =>
      either((sign) => `${op} factor ${1 + sign * 0.45}`),
    ),
  ].flat();
  const unsigned = ["identity", "posterize bits 6", "solarize threshold 127.5", "autocontrast", "equalize"];
  expect([...counts.keys()].sort()).toEqual([...signed, ...unsigned].sort());
  // 1000 of each, 500 of each sign, within five standard deviations.
  for (const text of unsigned) expect(Math.abs((counts.get(text) ?? 0) - 1000)).toBeLessThan(5 * Math.sqrt(1000));
  for (const text of signed) expect(Math.abs((counts.get(text) ?? 0) - 500)).toBeLessThan(5 * Math.sqrt(500));
});

test("is at its weakest and strongest as the paper has it", async () => {
  const weakest = await drawn(0);
  expect(weakest.has("posterize bits 8")).toBe(true);
  expect(weakest.has("solarize threshold 255")).toBe(true);
  expect(weakest.has("brightness factor 1")).toBe(true);
  const strongest = await drawn(30);
  expect(strongest.has("posterize bits 4")).toBe(true);
  expect(strongest.has("solarize threshold 0")).toBe(true);
  expect(strongest.has("rotate degrees -30")).toBe(true);
});

test("makes as many operations as it is told, after those that are there", async () => {
  const from = { ...plainView, edits: [{ op: "equalize" } as const] };
  const made = views(await create(randAugment, { numOps: 3, magnitude: 9 }), 200, { from });
  // The identity leaves nothing behind.
  for (const { edits = [] } of made) {
    expect(edits[0]).toEqual({ op: "equalize" });
    expect(edits.length).toBeLessThanOrEqual(4);
  }
  expect(made.some(({ edits }) => edits?.length === 4)).toBe(true);
});
