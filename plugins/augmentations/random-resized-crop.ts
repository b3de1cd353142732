import { type Augmentation, defineProvider, type ProviderOf, type RelativeBox, type Rng } from "../../core/index.ts";
import type { AugmentationsRandomResizedCropOptions } from "../options.ts";

type Range = readonly [from: number, to: number];

/** Tries before the crop falls back to the middle. */
const tries = 10;

/**
 * A crop of random area and aspect ratio, resized to the input: area uniform in `scale` of the image's, the logarithm of
 * width over height uniform in that of `ratio`, place uniform over the image's whole pixels. After ten crops that do not
 * fit: the largest one in the middle whose ratio lies in the range, as torchvision's `RandomResizedCrop` has it. Takes
 * the place of any crop before it: it is cut from the whole image, in pixels of its own.
 *
 * @see Szegedy, Liu, Jia et al. (2014), "Going deeper with convolutions", arXiv:1409.4842, §6
 */
export const randomResizedCrop: ProviderOf<"augmentations"> = defineProvider<
  "augmentations",
  AugmentationsRandomResizedCropOptions
>("augmentations", {
  id: "random-resized-crop",
  summary: "a crop of random area, aspect ratio and place",
  reference: "arXiv:1409.4842",
  cacheVersion: 1,
  create: ({ scale, ratio }): Augmentation => ({
    describe(view, rng, original) {
      return { ...view, ...drawCrop(rng, original.width, original.height, ordered(scale), ordered(ratio)) };
    },
  }),
});

function ordered([from = 1, to = 1]: readonly number[]): Range {
  return from <= to ? [from, to] : [to, from];
}

/** @param width of the image, in pixels, as `height` */
function drawCrop(rng: Rng, width: number, height: number, scale: Range, ratio: Range): RelativeBox {
  for (let attempt = 0; attempt < tries; attempt++) {
    const area = height * width * between(rng, scale);
    const aspect = Math.exp(between(rng, [Math.log(ratio[0]), Math.log(ratio[1])]));
    const cropWidth = Math.round(Math.sqrt(area * aspect));
    const cropHeight = Math.round(Math.sqrt(area / aspect));
    if (cropWidth < 1 || cropHeight < 1 || cropWidth > width || cropHeight > height) continue;
    const top = rng.integer(height - cropHeight + 1);
    const left = rng.integer(width - cropWidth + 1);
    return { left: left / width, top: top / height, width: cropWidth / width, height: cropHeight / height };
  }
  return middle(width, height, ratio);
}

function middle(width: number, height: number, [narrowest, widest]: Range): RelativeBox {
  const aspect = width / height;
  const cropHeight = aspect < narrowest ? Math.min(height, Math.round(width / narrowest)) : height;
  const cropWidth = aspect > widest ? Math.min(width, Math.round(height * widest)) : width;
  return {
    left: Math.floor((width - cropWidth) / 2) / width,
    top: Math.floor((height - cropHeight) / 2) / height,
    width: cropWidth / width,
    height: cropHeight / height,
  };
}

function between(rng: Rng, [from, to]: Range): number {
  return from + (to - from) * rng.uniform();
}
