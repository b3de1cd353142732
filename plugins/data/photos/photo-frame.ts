import { type ImageSize, plainView, type View } from "../../../core/index.ts";
import type { Frame } from "../views/views.ts";
import type { PhotoSize } from "./decode-photo.ts";

/**
 * How a photo is fitted into a frame without augmentation: its centre in the frame's ratio, as large as fits (`crop`), or
 * all of it with its sides stretched (`stretch`). Augmentations start from this view and get the photo's own size.
 */
export function frameOf(
  { width, height }: PhotoSize,
  fit: "crop" | "stretch",
  frame: Pick<ImageSize, "height" | "width">,
): Frame {
  const original: ImageSize = { width, height, channels: 3 };
  const ratio = frame.width / frame.height;
  const shown = { width: Math.min(width, height * ratio), height: Math.min(height, width / ratio) };
  if (fit === "stretch" || (shown.width === width && shown.height === height)) return { original, plain: plainView };
  const plain: View = {
    ...plainView,
    left: (width - shown.width) / 2 / width,
    top: (height - shown.height) / 2 / height,
    width: shown.width / width,
    height: shown.height / height,
  };
  return { original, plain };
}
