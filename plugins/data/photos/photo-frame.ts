import { type ImageSize, plainView, type View } from "../../../core/index.ts";
import type { Frame } from "../views.ts";
import type { PhotoSize } from "./decode-photo.ts";

/**
 * How a photo is fitted into a square without augmentation: its centre, as large as fits (`crop`), or all of it with
 * its sides stretched (`stretch`). Augmentations start from this view and get the photo's own size.
 */
export function frameOf({ width, height }: PhotoSize, fit: "crop" | "stretch"): Frame {
  const original: ImageSize = { width, height, channels: 3 };
  if (fit === "stretch" || width === height) return { original, plain: plainView };
  const side = Math.min(width, height);
  const plain: View = {
    ...plainView,
    left: (width - side) / 2 / width,
    top: (height - side) / 2 / height,
    width: side / width,
    height: side / height,
  };
  return { original, plain };
}
