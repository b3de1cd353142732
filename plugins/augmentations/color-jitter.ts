import { type Augmentation, defineProvider, type PixelEdit, type ProviderOf, type Rng } from "../../core/index.ts";
import type { AugmentationsColorJitterOptions } from "../options.ts";
import { editView } from "./drawing/edit-view.ts";

/**
 * Changes brightness, contrast, saturation and hue, in random order: factors uniform in [max(0, 1 − strength),
 * 1 + strength], the turn of the hue uniform in [−hue, hue]. Formulas are torchvision's `ColorJitter`.
 *
 * @see Howard (2013), "Some improvements on deep convolutional neural network based image classification",
 * arXiv:1312.5402, §2
 */
export const colorJitter: ProviderOf<"augmentations"> = defineProvider<
  "augmentations",
  AugmentationsColorJitterOptions
>("augmentations", {
  id: "color-jitter",
  summary: "random brightness, contrast, saturation and hue",
  reference: "arXiv:1312.5402",
  cacheVersion: 1,
  create: (options): Augmentation => ({
    describe(view, rng) {
      const order = rng.permutation(4);
      const drawn: readonly (PixelEdit | undefined)[] = [
        scaling(rng, "brightness", options.brightness),
        scaling(rng, "contrast", options.contrast),
        scaling(rng, "saturation", options.saturation),
        options.hue === 0 ? undefined : { op: "hue", turn: (2 * rng.uniform() - 1) * options.hue },
      ];
      return editView(view, ...Array.from(order, (place) => drawn[place]).filter((edit) => edit !== undefined));
    },
  }),
});

function scaling(rng: Rng, op: "brightness" | "contrast" | "saturation", strength: number): PixelEdit | undefined {
  if (strength === 0) return undefined;
  const lowest = Math.max(0, 1 - strength);
  return { op, factor: lowest + (1 + strength - lowest) * rng.uniform() };
}
