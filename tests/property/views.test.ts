import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ImageSize, plainView, type View } from "../../core/index.ts";
import { createRng } from "../../core/tensors/rng.ts";
import { flip } from "../../plugins/augmentations/flip.ts";
import { shiftCrop } from "../../plugins/augmentations/shift-crop.ts";
import { renderView } from "../../plugins/data/render.ts";
import { viewsOf } from "../../plugins/data/views.ts";

const settings = { seed: 20_240_501, numRuns: 200 };

const side = fc.integer({ min: 1, max: 9 });
const imageArbitrary = fc.record({ height: side, width: side, channels: fc.constantFrom(1, 3) }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    pixels: fc.uint8Array({
      minLength: size.height * size.width * size.channels,
      maxLength: size.height * size.width * size.channels,
    }),
  }),
);
const fraction = fc.double({ min: -0.5, max: 0.5, noNaN: true });
const share = fc.double({ min: 0.1, max: 1.5, noNaN: true });
const viewArbitrary: fc.Arbitrary<View> = fc.record({
  left: fraction,
  top: fraction,
  width: share,
  height: share,
  flip: fc.boolean(),
});

function render(pixels: Uint8Array, original: ImageSize, view: View, size: ImageSize): Uint8Array {
  const out = new Uint8Array(size.height * size.width * size.channels);
  renderView(pixels, original, view, size, out);
  return out;
}

function mirror(pixels: Uint8Array, { height, width, channels }: ImageSize): Uint8Array {
  return pixels.map((_, at) => {
    const x = Math.floor(at / channels) % width;
    const y = Math.floor(at / channels / width);
    return y < height ? (pixels[(y * width + width - 1 - x) * channels + (at % channels)] ?? 0) : 0;
  });
}

describe("views", () => {
  it("render the same bytes when flipped, mirrored back", () => {
    fc.assert(
      fc.property(imageArbitrary, viewArbitrary, side, side, ({ size, pixels }, view, height, width) => {
        const target = { height, width, channels: size.channels };
        const plain = render(pixels, size, { ...view, flip: false }, target);
        const flipped = render(pixels, size, { ...view, flip: true }, target);
        expect(mirror(flipped, target)).toEqual(plain);
      }),
      settings,
    );
  });

  it("never leave the range of the pixels, with zero for outside", () => {
    fc.assert(
      fc.property(imageArbitrary, viewArbitrary, side, side, ({ size, pixels }, view, height, width) => {
        const rendered = render(pixels, size, view, { height, width, channels: size.channels });
        expect(Math.max(...rendered)).toBeLessThanOrEqual(Math.max(...pixels));
      }),
      settings,
    );
  });

  it("copy the plain image exactly at its own size, and a constant image at any size", () => {
    fc.assert(
      fc.property(imageArbitrary, side, side, ({ size, pixels }, height, width) => {
        expect(render(pixels, size, plainView, size)).toEqual(pixels);
        const constant = pixels.map(() => pixels[0] ?? 0);
        const resized = render(constant, size, plainView, { height, width, channels: size.channels });
        expect(new Set(resized)).toEqual(new Set([pixels[0] ?? 0]));
      }),
      settings,
    );
  });

  it("depend on seed, record and view number alone", async () => {
    const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
    const augmentations = [
      await shiftCrop.create({ shift: 0.3 } as never, {} as never),
      await flip.create({ probability: 0.5 } as never, {} as never),
    ];
    const size = { height: 28, width: 28, channels: 1 };
    fc.assert(
      fc.property(digest, fc.nat(65_535), fc.nat(1000), (record, view, seed) => {
        const [first, second] = [1, 2].map(() =>
          viewsOf(augmentations, size, (stream, ...counters) => createRng(seed, stream, ...counters)),
        );
        second?.("0".repeat(64), 3);
        expect(second?.(record, view)).toEqual(first?.(record, view));
      }),
      settings,
    );
  });
});
