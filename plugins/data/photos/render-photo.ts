import type { ImageSize, View } from "../../../core/index.ts";
import { renderView } from "../render.ts";
import { decodePhoto, type PhotoSize, type PhotoSource } from "./decode-photo.ts";

/**
 * Renders one view of a photo: decodes it at the size at which the view's crop has as many pixels as are wanted, and
 * cuts the crop out. So each view is shrunk once, with a filter, and never enlarged before it is cut.
 *
 * @param out uint8 `[size.height, size.width, 3]`, wholly overwritten
 */
export async function renderPhoto(source: PhotoSource, view: View, size: ImageSize, out: Uint8Array): Promise<void> {
  const working = workingSize(source, view, size);
  const pixels = await decodePhoto(source, working);
  renderView(pixels, { ...working, channels: 3 }, snapped(view, working, size), size, out);
}

/** Size of the whole photo at which the view's crop has the pixels that are wanted; never above its own. */
export function workingSize(original: PhotoSize, view: View, size: PhotoSize): PhotoSize {
  return {
    width: Math.min(original.width, wholeSide(size.width, view.width)),
    height: Math.min(original.height, wholeSide(size.height, view.height)),
  };
}

function wholeSide(side: number, share: number): number {
  return Math.max(1, Math.round(side / share));
}

/**
 * Moves a crop to whole pixels of the working image, by half a pixel at most, wherever that image was made for it: the
 * crop is then a copy instead of a mixture of neighbours.
 */
export function snapped(view: View, working: PhotoSize, size: PhotoSize): View {
  const across = snappedAxis(view.left, view.width, working.width, size.width);
  const down = snappedAxis(view.top, view.height, working.height, size.height);
  return { ...view, left: across.start, width: across.length, top: down.start, height: down.length };
}

function snappedAxis(
  start: number,
  length: number,
  workingSide: number,
  side: number,
): { readonly start: number; readonly length: number } {
  if (workingSide !== wholeSide(side, length)) return { start, length };
  const wasInside = start >= 0 && start + length <= 1 + 1e-9;
  const pixel = Math.round(start * workingSide);
  const inside = wasInside ? Math.max(0, Math.min(pixel, workingSide - side)) : pixel;
  return { start: inside / workingSide, length: side / workingSide };
}
