import { type Augmentation, defineProvider, type PixelEdit, type ProviderOf, type Rng } from "../../core/index.ts";
import type { AugmentationsRandAugmentOptions } from "../options.ts";
import { editView } from "./edit-view.ts";

/** Magnitudes go from 0 to this; strengths grow evenly with them. */
const strongest = 30;

/** Makes the edit of one operation; `share` is the magnitude's part of the strongest, `sign` is ±1 by chance. */
type Operation = (share: number, sign: number) => PixelEdit | undefined;

/**
 * The operations and their strengths at magnitude 30, as in torchvision's `RandAugment`; all but the last five are
 * drawn with either sign. Translations are fractions of the side, cut to whole pixels where they are rendered.
 */
const operations: readonly { readonly signed: boolean; readonly edit: Operation }[] = [
  { signed: false, edit: () => undefined },
  { signed: true, edit: (share, sign) => ({ op: "shear", x: sign * 0.3 * share, y: 0 }) },
  { signed: true, edit: (share, sign) => ({ op: "shear", x: 0, y: sign * 0.3 * share }) },
  { signed: true, edit: (share, sign) => ({ op: "translate", x: sign * (150 / 331) * share, y: 0 }) },
  { signed: true, edit: (share, sign) => ({ op: "translate", x: 0, y: sign * (150 / 331) * share }) },
  { signed: true, edit: (share, sign) => ({ op: "rotate", degrees: sign * 30 * share }) },
  { signed: true, edit: (share, sign) => ({ op: "brightness", factor: 1 + sign * 0.9 * share }) },
  { signed: true, edit: (share, sign) => ({ op: "saturation", factor: 1 + sign * 0.9 * share }) },
  { signed: true, edit: (share, sign) => ({ op: "contrast", factor: 1 + sign * 0.9 * share }) },
  { signed: true, edit: (share, sign) => ({ op: "sharpness", factor: 1 + sign * 0.9 * share }) },
  { signed: false, edit: (share) => ({ op: "posterize", bits: 8 - Math.round(4 * share) }) },
  { signed: false, edit: (share) => ({ op: "solarize", threshold: 255 * (1 - share) }) },
  { signed: false, edit: () => ({ op: "autocontrast" }) },
  { signed: false, edit: () => ({ op: "equalize" }) },
];

/**
 * `numOps` operations drawn with equal chance and with replacement, all at one magnitude.
 *
 * @see Cubuk, Zoph, Shlens, Le (2020), "RandAugment: practical automated data augmentation with a reduced search
 * space", arXiv:1909.13719, §3
 */
export const randAugment: ProviderOf<"augmentations"> = defineProvider<
  "augmentations",
  AugmentationsRandAugmentOptions
>("augmentations", {
  id: "rand-augment",
  summary: "a few random operations of one magnitude",
  reference: "arXiv:1909.13719",
  movesPixels: true,
  cacheVersion: 1,
  create: ({ numOps, magnitude }): Augmentation => ({
    describe(view, rng) {
      const edits = Array.from({ length: numOps }, () => drawEdit(rng, magnitude / strongest));
      return editView(view, ...edits.filter((edit) => edit !== undefined));
    },
  }),
});

function drawEdit(rng: Rng, share: number): PixelEdit | undefined {
  const operation = operations[rng.integer(operations.length)];
  const sign = operation?.signed === true && rng.integer(2) === 1 ? -1 : 1;
  return operation?.edit(share, sign);
}
