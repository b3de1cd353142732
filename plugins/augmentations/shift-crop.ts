import { type Augmentation, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { AugmentationsShiftCropOptions } from "../options.ts";

/**
 * Moves the image by up to `shift` of its side in whole original pixels, the same as padding with zeros and cropping at
 * random (He et al. (2015), arXiv:1512.03385, §4.2: 4 pixels of 32). Whole pixels keep the copy exact.
 */
export const shiftCrop: ProviderOf<"augmentations"> = defineProvider<"augmentations", AugmentationsShiftCropOptions>(
  "augmentations",
  {
    id: "shift-crop",
    summary: "moves the image by whole pixels, zero outside",
    reference: "arXiv:1512.03385",
    cacheVersion: 1,
    create: ({ shift }): Augmentation => ({
      describe(view, rng, original) {
        const moved = (side: number): number => {
          const most = Math.round(shift * side);
          return (rng.integer(2 * most + 1) - most) / side;
        };
        const right = moved(original.width);
        const down = moved(original.height);
        return { ...view, left: view.left + right, top: view.top + down };
      },
    }),
  },
);
