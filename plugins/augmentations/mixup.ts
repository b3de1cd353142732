import { type Augmentation, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { AugmentationsMixupOptions } from "../options.ts";
import { drawShare } from "./drawing/draw-share.ts";

/**
 * Blends two samples: share · own + (1 − share) · partner, in pixels and labels, share ~ Beta(alpha, alpha), drawn for
 * every sample and view. Takes the place of a mix that an augmentation before it drew.
 *
 * @see Zhang, Cissé, Dauphin, Lopez-Paz (2018), "mixup: beyond empirical risk minimization", arXiv:1710.09412, eq. (3)
 */
export const mixup: ProviderOf<"augmentations"> = defineProvider<"augmentations", AugmentationsMixupOptions>(
  "augmentations",
  {
    id: "mixup",
    summary: "blends two samples and their labels",
    reference: "arXiv:1710.09412",
    cacheVersion: 1,
    mixes: true,
    create: ({ alpha, probability }): Augmentation => ({
      describe(view, rng) {
        if (rng.uniform() >= probability) return view;
        return { ...view, mix: { kind: "blend", share: drawShare(rng, alpha) } };
      },
    }),
  },
);
