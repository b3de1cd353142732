import { type Augmentation, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { AugmentationsCutoutOptions } from "../options.ts";
import { editView } from "./drawing/edit-view.ts";
import { randomBox } from "./drawing/random-box.ts";

/**
 * Covers a box of `size` of the image's sides with one value; its middle lies anywhere in the image, so that it may be
 * cut off at the border. The paper has 16 of 32 pixels for CIFAR-10 and 8 for CIFAR-100, filled with the mean.
 *
 * @see DeVries, Taylor (2017), "Improved regularization of convolutional neural networks with cutout",
 * arXiv:1708.04552, §3
 */
export const cutout: ProviderOf<"augmentations"> = defineProvider<"augmentations", AugmentationsCutoutOptions>(
  "augmentations",
  {
    id: "cutout",
    summary: "covers a box at a random place with one value",
    reference: "arXiv:1708.04552",
    cacheVersion: 1,
    create: ({ size, fill, probability }): Augmentation => ({
      describe(view, rng) {
        if (rng.uniform() >= probability) return view;
        return editView(view, { op: "erase", box: randomBox(rng, size, size), fill });
      },
    }),
  },
);
