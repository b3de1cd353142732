import { describe, expect, it } from "vitest";
import { type Augmentation, plainView, type View } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { flip } from "../../../plugins/augmentations/flip.ts";
import { shiftCrop } from "../../../plugins/augmentations/shift-crop.ts";

const original = { height: 28, width: 28, channels: 1 };
const views = (augmentation: Augmentation, count: number, from: View = plainView): View[] =>
  Array.from({ length: count }, (_, at) => augmentation.describe(from, createRng(1, "test", at), original));
const create = async (provider: typeof flip, options: object): Promise<Augmentation> =>
  provider.create(options as never, {} as never);

describe("augmentations/shift-crop", () => {
  it("moves by whole pixels up to the rounded fraction of the side, each way about as often", async () => {
    const made = views(await create(shiftCrop, { shift: 0.125 }), 4000);
    const shifts = made.map(({ left }) => left * 28);
    for (const shift of shifts) expect(Math.abs(shift - Math.round(shift))).toBeLessThan(1e-9);
    const counts = new Map<number, number>();
    for (const shift of shifts) counts.set(Math.round(shift) + 0, (counts.get(Math.round(shift) + 0) ?? 0) + 1);
    // round(0.125 · 28) = round(3.5) = 4
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4]);
    for (const count of counts.values()) expect(count).toBeGreaterThan(4000 / 9 - 100);
    expect(made.every(({ width, height, flip: flipped }) => width === 1 && height === 1 && !flipped)).toBe(true);
  });

  it("moves both directions independently", async () => {
    const made = views(await create(shiftCrop, { shift: 0.125 }), 500);
    expect(made.filter(({ left, top }) => left === top).length).toBeLessThan(100);
  });

  it("does nothing at zero", async () => {
    expect(views(await create(shiftCrop, { shift: 0 }), 3)).toEqual([plainView, plainView, plainView]);
  });
});

describe("augmentations/flip", () => {
  it("mirrors with the given probability", async () => {
    const flipped = async (probability: number): Promise<number> =>
      views(await create(flip, { probability }), 2000).filter((view) => view.flip).length;
    expect(await flipped(0)).toBe(0);
    expect(await flipped(1)).toBe(2000);
    expect(Math.abs((await flipped(0.25)) - 500)).toBeLessThan(100);
  });

  it("twice is the plain view", async () => {
    const always = await create(flip, { probability: 1 });
    const [once = plainView] = views(always, 1);
    expect(views(always, 1, once)).toEqual([plainView]);
  });
});
