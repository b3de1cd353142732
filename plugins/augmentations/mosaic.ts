import { type Augmentation, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { AugmentationsMosaicOptions } from "../options.ts";
import { wholeCanvas } from "./drawing/whole-canvas.ts";

/**
 * Lays four photos around a point that lies anywhere on the canvas with equal chance: the sample's own left above it, and
 * three others of its split. Each is fitted as it would be alone and keeps all of its size; what lies outside the canvas
 * is seen where `scale-translate` shows more than the canvas. Boxes move along and are cut off where they are not seen.
 *
 * @see Bochkovskiy, Wang, Liao (2020), "YOLOv4: optimal speed and accuracy of object detection", arXiv:2004.10934, §3.3
 */
export const mosaic: ProviderOf<"augmentations"> = defineProvider<"augmentations", AugmentationsMosaicOptions>(
  "augmentations",
  {
    id: "mosaic",
    summary: "four photos with their boxes around a random point",
    reference: "arXiv:2004.10934",
    cacheVersion: 1,
    canvas: 4,
    create: ({ probability }): Augmentation => ({
      describe(view, rng) {
        if (rng.uniform() >= probability) return view;
        return { ...view, scene: { shown: wholeCanvas, ...view.scene, meet: [rng.uniform(), rng.uniform()] } };
      },
    }),
  },
);
