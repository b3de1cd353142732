import { type Augmentation, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { AugmentationsCutmixOptions } from "../options.ts";
import { drawShare } from "./drawing/draw-share.ts";
import { randomBox } from "./drawing/random-box.ts";

/**
 * Puts a box of a second sample over the first, and divides the labels by area. With λ ~ Beta(alpha, alpha) the box has
 * √(1 − λ) of each side and its middle anywhere in the image; cut off at the border, its area alone decides the share.
 * Takes the place of a mix that an augmentation before it drew.
 *
 * @see Yun, Han, Oh et al. (2019), "CutMix: regularization strategy to train strong classifiers with localizable
 * features", arXiv:1905.04899, eq. (1) and (2)
 */
export const cutmix: ProviderOf<"augmentations"> = defineProvider<"augmentations", AugmentationsCutmixOptions>(
  "augmentations",
  {
    id: "cutmix",
    summary: "puts a box of a second sample over the first and divides the labels by area",
    reference: "arXiv:1905.04899",
    cacheVersion: 1,
    mixes: true,
    create: ({ alpha, probability }): Augmentation => ({
      describe(view, rng) {
        if (rng.uniform() >= probability) return view;
        const side = Math.sqrt(1 - drawShare(rng, alpha));
        const box = randomBox(rng, side, side);
        return { ...view, mix: { kind: "paste", share: 1 - box.width * box.height, box } };
      },
    }),
  },
);
