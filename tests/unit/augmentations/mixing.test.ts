import { describe, expect, test } from "vitest";
import { type Mix, plainView, type View } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { cutmix } from "../../../plugins/augmentations/cutmix.ts";
import { drawShare } from "../../../plugins/augmentations/drawing/draw-share.ts";
import { mixup } from "../../../plugins/augmentations/mixup.ts";
import { renderView } from "../../../plugins/data/rendering/render.ts";
import { create, views } from "./augment.ts";

const mixesOf = (made: readonly View[]): Mix[] => made.flatMap(({ mix }) => mix ?? []);

describe("a share", () => {
  test.each([0.01, 0.2, 1, 3])("of Beta(%d, %d) has its mean and variance", (alpha) => {
    const count = 8000;
    const shares = Array.from({ length: count }, (_, at) => drawShare(createRng(2, "beta", at), alpha));
    const mean = shares.reduce((sum, share) => sum + share, 0) / count;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / count;
    const expected = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(expected / count));
    // The squared distance lies in 0 … 1/4, so its standard deviation is at most 1/8.
    expect(Math.abs(variance - expected)).toBeLessThan((4 * 0.125) / Math.sqrt(count));
    expect(shares.every((share) => share >= 0 && share <= 1 && Math.fround(share) === share)).toBe(true);
  });
});

describe("mixup", () => {
  test("mixes by chance, and blends to the share", async () => {
    const made = views(await create(mixup, { alpha: 1, probability: 0.5 }), 2000);
    expect(Math.abs(mixesOf(made).length - 1000)).toBeLessThan(4 * Math.sqrt(500));
    expect(mixesOf(made).every(({ kind }) => kind === "blend")).toBe(true);
  });

  test("renders share · own + (1 − share) · partner, each in its own view", () => {
    const size = { height: 1, width: 2, channels: 1 };
    const partner = { index: 1, digest: "b", view: { ...plainView, flip: true } };
    const view: View = { ...plainView, mix: { kind: "blend", share: 0.75 }, partner };
    const out = new Uint8Array(2);
    renderView(Uint8Array.of(100, 200), size, view, size, out, { pixels: Uint8Array.of(40, 0), size });
    // The partner is mirrored: 0, 40.
    expect([...out]).toEqual([0.75 * 100 + 0.25 * 0, 0.75 * 200 + 0.25 * 40]);
    expect(() => renderView(Uint8Array.of(1, 2), size, view, size, out)).toThrow("without its partner");
  });

  test("takes a partner of another size and of grey pixels", () => {
    const size = { height: 1, width: 1, channels: 3 };
    const view: View = {
      ...plainView,
      mix: { kind: "blend", share: 0.5 },
      partner: { index: 1, digest: "b", view: plainView },
    };
    const grey = { pixels: Uint8Array.of(10, 30), size: { height: 1, width: 2, channels: 1 } };
    const out = new Uint8Array(3);
    renderView(Uint8Array.of(100, 200, 0), size, view, size, out, grey);
    // The grey partner shrinks to its mean, 20.
    expect([...out]).toEqual([60, 110, 10]);
  });
});

describe("cutmix", () => {
  test("divides by the box's own area, and draws its middle anywhere", async () => {
    const made = mixesOf(views(await create(cutmix, { alpha: 1, probability: 1 }), 4000));
    expect(made.length).toBe(4000);
    let sum = 0;
    for (const mix of made) {
      if (mix.kind !== "paste") throw new Error("cutmix pastes");
      expect(mix.share).toBe(1 - mix.box.width * mix.box.height);
      sum += mix.box.left + mix.box.width / 2;
    }
    expect(Math.abs(sum / 4000 - 0.5)).toBeLessThan(4 * (0.3 / Math.sqrt(4000)));
  });

  test("pastes the partner's own view into the box", () => {
    const size = { height: 2, width: 2, channels: 1 };
    const box = { left: 0.5, top: 0, width: 0.5, height: 0.5 };
    const view: View = {
      ...plainView,
      mix: { kind: "paste", share: 0.75, box },
      partner: { index: 1, digest: "b", view: plainView },
    };
    const out = new Uint8Array(4);
    renderView(Uint8Array.of(1, 2, 3, 4), size, view, size, out, { pixels: Uint8Array.of(10, 20, 30, 40), size });
    expect([...out]).toEqual([1, 20, 3, 4]);
  });

  test("named after mixup it takes the place of some of its mixes", async () => {
    const both = await Promise.all([
      create(mixup, { alpha: 1, probability: 1 }),
      create(cutmix, { alpha: 1, probability: 0.5 }),
    ]);
    const kinds = Array.from({ length: 2000 }, (_, at) => {
      const rng = createRng(1, "both", at);
      const original = { height: 4, width: 4, channels: 1 };
      return both.reduce((view, augmentation) => augmentation.describe(view, rng, original), plainView).mix?.kind;
    });
    const pasted = kinds.filter((kind) => kind === "paste").length;
    expect(kinds.filter((kind) => kind === "blend").length).toBe(2000 - pasted);
    expect(Math.abs(pasted - 1000)).toBeLessThan(4 * Math.sqrt(500));
  });
});
