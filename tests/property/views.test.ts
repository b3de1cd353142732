import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ImageSize, type ProviderOf, plainView, type View } from "../../core/index.ts";
import { createRng } from "../../core/tensors/rng.ts";
import { colorJitter } from "../../plugins/augmentations/color-jitter.ts";
import { cutmix } from "../../plugins/augmentations/cutmix.ts";
import { cutout } from "../../plugins/augmentations/cutout.ts";
import { flip } from "../../plugins/augmentations/flip.ts";
import { mixup } from "../../plugins/augmentations/mixup.ts";
import { randAugment } from "../../plugins/augmentations/rand-augment.ts";
import { randomResizedCrop } from "../../plugins/augmentations/random-resized-crop.ts";
import { shiftCrop } from "../../plugins/augmentations/shift-crop.ts";
import { renderView } from "../../plugins/data/rendering/render.ts";
import { datasetViews, viewsOf } from "../../plugins/data/views/views.ts";

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

const withDefaults = (provider: ProviderOf<"augmentations">, options: object) =>
  provider.create(options as never, {} as never);
const everyAugmentation = await Promise.all([
  withDefaults(randomResizedCrop, { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] }),
  withDefaults(flip, { probability: 0.5 }),
  withDefaults(colorJitter, { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
  withDefaults(randAugment, { numOps: 2, magnitude: 9 }),
  withDefaults(cutout, { size: 0.5, fill: 128, probability: 0.5 }),
  withDefaults(mixup, { alpha: 0.2, probability: 1 }),
  withDefaults(cutmix, { alpha: 1, probability: 0.5 }),
]);
const rngOf =
  (seed: number) =>
  (stream: string, ...counters: number[]) =>
    createRng(seed, stream, ...counters);
const digestArbitrary = fc.stringMatching(/^[0-9a-f]{64}$/);
const digestsArbitrary = fc.uniqueArray(digestArbitrary, { minLength: 2, maxLength: 12 });

/** The view of every record of a train split with these records, without the partner's place. */
function viewsByRecord(digests: readonly string[], seed: number, view: number): Map<string, unknown> {
  const rng = rngOf(seed);
  const viewOf = viewsOf(everyAugmentation, { height: 40, width: 30, channels: 3 }, rng);
  const none = { digests: [] };
  const make = datasetViews(viewOf, { train: { digests }, validation: none, test: none }, rng);
  return new Map(
    digests.map((digest, index) => {
      const { partner, ...own } = make("train", index, view);
      expect(partner === undefined || digests[partner.index] === partner.digest).toBe(true);
      return [digest, { ...own, partner: partner && { digest: partner.digest, view: partner.view } }];
    }),
  );
}

describe("views of all augmentations", () => {
  it("are the same for the same seed, wherever the records stand", () => {
    fc.assert(
      fc.property(digestsArbitrary, fc.nat(1000), fc.nat(100), fc.nat(), (digests, seed, view, turn) => {
        const shift = turn % digests.length;
        const moved = [...digests.slice(shift), ...digests.slice(0, shift)].reverse();
        expect(viewsByRecord(moved, seed, view)).toEqual(
          new Map(moved.map((digest) => [digest, viewsByRecord(digests, seed, view).get(digest)])),
        );
      }),
      { ...settings, numRuns: 40 },
    );
  });

  it("render to the same bytes from the same seed", () => {
    fc.assert(
      fc.property(
        imageArbitrary,
        imageArbitrary,
        digestArbitrary,
        fc.nat(100),
        side,
        side,
        (own, other, record, view, height, width) => {
          const [first, second] = [1, 2].map(() => {
            const made = viewsOf(everyAugmentation, own.size, rngOf(3))(record, view);
            const partner = { index: 1, digest: "", view: plainView };
            const size = { height, width, channels: 3 };
            const out = new Uint8Array(height * width * 3).fill(7);
            const grey = { pixels: other.pixels, size: other.size };
            renderView(own.pixels, own.size, made.mix ? { ...made, partner } : made, size, out, grey);
            return out;
          });
          expect(second).toEqual(first);
        },
      ),
      settings,
    );
  });

  it("have shares of 0 to 1, and a cutmix box of exactly the other share at any size", () => {
    fc.assert(
      fc.property(digestArbitrary, fc.nat(1000), side, side, (record, view, height, width) => {
        const { mix } = viewsOf(everyAugmentation, { height: 40, width: 30, channels: 3 }, rngOf(4))(record, view);
        if (mix === undefined) throw new Error("mixup with probability 1 leaves no view unmixed");
        expect(mix.share).toBeGreaterThanOrEqual(0);
        expect(mix.share).toBeLessThanOrEqual(1);
        if (mix.kind !== "paste") return;
        const size = { height, width, channels: 1 };
        const [black, white] = [new Uint8Array(height * width), new Uint8Array(height * width).fill(255)];
        const out = new Uint8Array(height * width);
        const mixed: View = { ...plainView, mix, partner: { index: 1, digest: "", view: plainView } };
        renderView(black, size, mixed, size, out, { pixels: white, size });
        const pasted = out.reduce((sum, value) => sum + value, 0) / 255;
        // Only pixels that the box covers in part are rounded, by half a level each: two rows and two columns at most.
        expect(Math.abs(pasted - (1 - mix.share) * height * width)).toBeLessThanOrEqual(
          ((2 * (height + width)) / 2) * (1 / 255) + 1e-4,
        );
      }),
      settings,
    );
  });
});

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
