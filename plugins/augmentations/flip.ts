import { type Augmentation, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { AugmentationsFlipOptions } from "../options.ts";

/** Mirrors the view left to right with the given probability. */
export const flip: ProviderOf<"augmentations"> = defineProvider<"augmentations", AugmentationsFlipOptions>(
  "augmentations",
  {
    id: "flip",
    summary: "mirrors the image left to right by chance",
    cacheVersion: 1,
    create: ({ probability }): Augmentation => ({
      describe: (view, rng) => (rng.uniform() < probability ? { ...view, flip: !view.flip } : view),
    }),
  },
);
