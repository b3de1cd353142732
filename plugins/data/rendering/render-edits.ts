import type { ImageSize, PixelEdit } from "../../../core/index.ts";
import { moveNearest } from "./render-affine.ts";
import { erase } from "./render-boxes.ts";
import { hsv, hue, saturation } from "./render-colours.ts";
import { autocontrast, equalize } from "./render-histogram.ts";
import { sharpness } from "./render-sharpness.ts";
import { brightness, contrast, posterize, solarize } from "./render-tones.ts";

/**
 * Makes a view's edits, in their order, in place.
 *
 * @param pixels uint8 `[size.height, size.width, size.channels]`
 */
export function applyEdits(pixels: Uint8Array, size: ImageSize, edits: readonly PixelEdit[]): void {
  for (const edit of edits) applyEdit(pixels, size, edit);
}

type Operation = PixelEdit["op"];
type EditOf<Op extends Operation> = Extract<PixelEdit, { readonly op: Op }>;
type Operations = { readonly [Op in Operation]: (pixels: Uint8Array, size: ImageSize, edit: EditOf<Op>) => void };

const operations: Operations = {
  brightness: (pixels, _size, { factor }) => brightness(pixels, factor),
  contrast: (pixels, size, { factor }) => contrast(pixels, size, factor),
  saturation: (pixels, size, { factor }) => saturation(pixels, size, factor),
  sharpness: (pixels, size, { factor }) => sharpness(pixels, size, factor),
  hsv,
  hue: (pixels, size, { turn }) => hue(pixels, size, turn),
  posterize: (pixels, _size, { bits }) => posterize(pixels, bits),
  solarize: (pixels, _size, { threshold }) => solarize(pixels, threshold),
  autocontrast,
  equalize,
  shear: moveNearest,
  translate: moveNearest,
  rotate: moveNearest,
  erase: (pixels, size, { box, fill }) => erase(pixels, box, fill, size),
};

function applyEdit<Op extends Operation>(pixels: Uint8Array, size: ImageSize, edit: EditOf<Op>): void {
  const make: (pixels: Uint8Array, size: ImageSize, edit: EditOf<Op>) => void = operations[edit.op as Op];
  make(pixels, size, edit);
}
