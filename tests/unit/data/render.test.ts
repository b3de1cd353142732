import { describe, expect, it } from "vitest";
import { type ImageSize, plainView, type View } from "../../../core/index.ts";
import { renderView } from "../../../plugins/data/rendering/render.ts";

const grey = (height: number, width: number): ImageSize => ({ height, width, channels: 1 });

function render(source: readonly number[], original: ImageSize, view: Partial<View>, size = original): number[] {
  const out = new Uint8Array(size.height * size.width * size.channels).fill(99);
  renderView(Uint8Array.from(source), original, { ...plainView, ...view }, size, out);
  return [...out];
}

const two = [1, 2, 3, 4];

describe("renderView", () => {
  it("copies the plain view", () => {
    expect(render([1, 2, 3, 4, 5, 6], grey(2, 3), {})).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("shifts by whole pixels, with zero outside", () => {
    expect(render(two, grey(2, 2), { left: 0.5 })).toEqual([2, 0, 4, 0]);
    expect(render(two, grey(2, 2), { left: -0.5 })).toEqual([0, 1, 0, 3]);
    expect(render(two, grey(2, 2), { top: 0.5 })).toEqual([3, 4, 0, 0]);
    expect(render(two, grey(2, 2), { top: -0.5, left: -0.5 })).toEqual([0, 0, 0, 1]);
    expect(render(two, grey(2, 2), { left: 3 })).toEqual([0, 0, 0, 0]);
    expect(render(two, grey(2, 2), { left: -3 })).toEqual([0, 0, 0, 0]);
  });

  it("is exact for shifts that no fraction writes exactly", () => {
    const row = Array.from({ length: 28 }, (_, at) => at + 1);
    expect(render(row, grey(1, 28), { left: 1 / 28 + 2 / 28 })).toEqual([...row.slice(3), 0, 0, 0]);
  });

  it("flips after cropping", () => {
    expect(render(two, grey(2, 2), { flip: true })).toEqual([2, 1, 4, 3]);
    expect(render(two, grey(2, 2), { left: 0.5, flip: true })).toEqual([0, 2, 0, 4]);
  });

  it("cuts out a crop of whole pixels exactly", () => {
    const source = Array.from({ length: 16 }, (_, at) => at);
    expect(render(source, grey(4, 4), { left: 0.25, top: 0.5, width: 0.5, height: 0.5 }, grey(2, 2))).toEqual([
      9, 10, 13, 14,
    ]);
  });

  it("enlarges bilinearly with half-pixel centres and clamped edges", () => {
    // Output centres at −0.25, 0.25, 0.75, 1.25 of the source: PyTorch's align_corners=False gives the same.
    expect(render([0, 100], grey(1, 2), {}, grey(1, 4))).toEqual([0, 25, 75, 100]);
    expect(render([0, 100], grey(2, 1), {}, grey(4, 1))).toEqual([0, 25, 75, 100]);
    expect(render([0, 100], grey(1, 2), { flip: true }, grey(1, 4))).toEqual([100, 75, 25, 0]);
  });

  it("shrinks with a triangle that grows with the scale, within the crop alone", () => {
    // Scale 2: the centre 1 has the pixels 0.5, 1.5, 2.5 at weights 0.75, 0.75, 0.25 of 1.75; 12.5 / 1.75 = 7.14.
    expect(render([0, 10, 20, 30], grey(1, 4), {}, grey(1, 2))).toEqual([7, 23]);
    expect(render([0, 10, 20, 30], grey(4, 1), {}, grey(2, 1))).toEqual([7, 23]);
    expect(render([0, 10, 20, 30], grey(1, 4), { flip: true }, grey(1, 2))).toEqual([23, 7]);
    expect(render([90, 0, 10, 20, 30, 90], grey(1, 6), { left: 1 / 6, width: 4 / 6 }, grey(1, 2))).toEqual([7, 23]);
  });

  it("shrinks with zero outside of the original, as if it had been cut out with it", () => {
    // The crop is [0, 0, 200, 200]: (200 · 0.25) / 1.75 = 28.6, (200 · 1.5) / 1.75 = 171.4.
    expect(render([200, 200, 50, 50], grey(1, 4), { left: -0.5 }, grey(1, 2))).toEqual([29, 171]);
    expect(render([200, 200, 50, 50], grey(1, 4), { left: 5 }, grey(1, 2))).toEqual([0, 0]);
  });

  it("shrinks one axis and enlarges the other", () => {
    const source = [0, 0, 100, 100]; // 1 × 4
    expect(render(source, grey(1, 4), {}, { height: 2, width: 1, channels: 1 })).toEqual([50, 50]);
    // A column of 2 becomes 4, clamped at its ends; each row of 2 becomes its mean.
    expect(render([0, 20, 100, 120], grey(2, 2), {}, grey(4, 1))).toEqual([10, 35, 85, 110]);
  });

  it("cuts out first and resizes second, so that the crop's edge does not bleed in", () => {
    // The crop is [0, 200]: outside left, then the first pixel.
    expect(render([200, 50], grey(1, 2), { left: -0.5 }, grey(1, 4))).toEqual([0, 50, 150, 200]);
  });

  it("shifts by half a pixel as the mean of two", () => {
    expect(render([10, 20, 30, 40], grey(1, 4), { left: 1 / 8 })).toEqual([15, 25, 35, 20]);
  });

  it("keeps channels apart and spreads grey over colours", () => {
    const colour: ImageSize = { height: 1, width: 2, channels: 3 };
    expect(render([1, 2, 3, 4, 5, 6], colour, { flip: true })).toEqual([4, 5, 6, 1, 2, 3]);
    expect(render([7, 9], grey(1, 2), {}, colour)).toEqual([7, 7, 7, 9, 9, 9]);
    expect(render([0, 100], grey(1, 2), {}, { height: 1, width: 4, channels: 2 })).toEqual([
      0, 0, 25, 25, 75, 75, 100, 100,
    ]);
    expect(() => render([1, 2, 3], { height: 1, width: 1, channels: 3 }, {}, grey(1, 1))).toThrow(
      "images with 3 channels cannot be rendered with 1",
    );
  });
});
