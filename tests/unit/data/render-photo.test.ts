import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainView } from "../../../core/index.ts";
import { packedSize } from "../../../plugins/data/photos/packed-photos.ts";
import { frameOf } from "../../../plugins/data/photos/photo-frame.ts";
import { snapped, workingSize } from "../../../plugins/data/photos/render-photo.ts";

const settings = { seed: 20_260_101, numRuns: 300 };
const side = fc.integer({ min: 8, max: 900 });
const photo = fc.record({ width: side, height: side });
const target = fc.integer({ min: 8, max: 300 }).map((length) => ({ height: length, width: length, channels: 3 }));

describe("a photo", () => {
  it("is decoded so large that the crop has the pixels that are wanted, and never larger than it is", () => {
    // 640 × 480 at 224: the centre square is three quarters of the width
    const { plain } = frameOf({ width: 640, height: 480 }, "crop", { width: 32, height: 32 });
    expect(plain).toEqual({ left: 0.125, top: 0, width: 0.75, height: 1, flip: false });
    const size = { height: 224, width: 224, channels: 3 };
    expect(workingSize({ width: 640, height: 480 }, plain, size)).toEqual({
      width: Math.round(224 / 0.75),
      height: 224,
    });
    expect(workingSize({ width: 100, height: 90 }, plainView, size)).toEqual({ width: 100, height: 90 });
  });

  it("is cut out at whole pixels, moved by half a pixel at most, and stays inside", () => {
    const share = fc.double({ min: 0.2, max: 1, noNaN: true });
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(photo, target, share, share, place, place, (original, size, width, height, right, down) => {
        const view = { ...plainView, width, height, left: right * (1 - width), top: down * (1 - height) };
        const working = workingSize(original, view, size);
        const moved = snapped(view, working, size);
        if (working.width === Math.round(size.width / width)) {
          expect(moved.width * working.width).toBeCloseTo(size.width, 6);
          const left = moved.left * working.width;
          expect(left).toBeCloseTo(Math.round(left), 6);
          // half a pixel for rounding the place, and half for rounding the working side, at the far edge
          expect(Math.abs(left - view.left * working.width)).toBeLessThanOrEqual(1);
          expect(left).toBeGreaterThanOrEqual(0);
          expect(left + size.width).toBeLessThanOrEqual(working.width + 1e-6);
        } else {
          expect(working.width).toBe(original.width);
          expect([moved.left, moved.width]).toEqual([view.left, view.width]);
        }
      }),
      settings,
    );
  });

  it("fitted by its centre is a square of its own pixels in the middle", () => {
    fc.assert(
      fc.property(photo, (original) => {
        const { plain } = frameOf(original, "crop", { width: 32, height: 32 });
        const shorter = Math.min(original.width, original.height);
        expect(plain.width * original.width).toBeCloseTo(shorter, 6);
        expect(plain.height * original.height).toBeCloseTo(shorter, 6);
        expect(plain.left * 2 + plain.width).toBeCloseTo(1, 9);
        expect(plain.top * 2 + plain.height).toBeCloseTo(1, 9);
        expect(frameOf(original, "stretch", { width: 32, height: 32 }).plain).toEqual(plainView);
      }),
      settings,
    );
  });

  it("is packed with its shorter side at 1.15 times what is seen, never enlarged", () => {
    expect(packedSize({ width: 640, height: 480 }, 224)).toEqual({ width: Math.round((640 * 258) / 480), height: 258 });
    expect(packedSize({ width: 300, height: 200 }, 224)).toEqual({ width: 300, height: 200 });
  });
});
