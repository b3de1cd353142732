import { type Augmentation, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { AugmentationsScaleTranslateOptions } from "../options.ts";
import { wholeCanvas } from "./drawing/whole-canvas.ts";

/**
 * Scales the canvas with all its photos about its middle, by a factor uniform in `scale`, and moves it by up to
 * `translate` of its sides, each axis by itself. Below 1 more than the canvas is seen, and fill around it. With `mosaic`
 * it works on the four photos as one, in either order. Boxes move along.
 */
export const scaleTranslate: ProviderOf<"augmentations"> = defineProvider<
  "augmentations",
  AugmentationsScaleTranslateOptions
>("augmentations", {
  id: "scale-translate",
  summary: "scales and moves photos with their boxes on the canvas",
  cacheVersion: 1,
  canvas: 1,
  create: ({ scale: [from = 1, to = from], translate }): Augmentation => ({
    describe(view, rng) {
      const { shown = wholeCanvas } = view.scene ?? {};
      const part = 1 / (from + (to - from) * rng.uniform());
      const start = (): number => 0.5 - (0.5 + (2 * rng.uniform() - 1) * translate) * part;
      const [left, top] = [start(), start()];
      const moved = {
        left: shown.left + left * shown.width,
        top: shown.top + top * shown.height,
        width: part * shown.width,
        height: part * shown.height,
      };
      return { ...view, scene: { ...view.scene, shown: moved } };
    },
  }),
});
