import { type Augmentation, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { AugmentationsHsvJitterOptions } from "../options.ts";
import { editView } from "./drawing/edit-view.ts";

/**
 * Multiplies hue, saturation and value by factors uniform in 1 ± strength, as YOLO detectors are trained; saturation and
 * value end at their largest, hue goes round. In place of the tables of bytes that OpenCV has, numbers are exact until
 * pixels are rounded.
 */
export const hsvJitter: ProviderOf<"augmentations"> = defineProvider<"augmentations", AugmentationsHsvJitterOptions>(
  "augmentations",
  {
    id: "hsv-jitter",
    summary: "random factors on hue, saturation and value",
    cacheVersion: 1,
    create: (options): Augmentation => ({
      describe(view, rng) {
        const [hue = 1, saturation = 1, value = 1] = [options.hue, options.saturation, options.value].map(
          (strength) => 1 + (2 * rng.uniform() - 1) * strength,
        );
        return editView(view, { op: "hsv", hue, saturation, value });
      },
    }),
  },
);
