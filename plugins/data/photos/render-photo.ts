import type { ImageSize, SoloView, View } from "../../../core/index.ts";
import { renderView, type SourceImage } from "../rendering/render.ts";
import { decodePhoto, type PhotoSize, type PhotoSource } from "./decode-photo.ts";

/**
 * Renders one view of a photo: decodes it at the size at which the view's crop has as many pixels as are wanted, and
 * cuts the crop out. So each view is shrunk once, with a filter, and never enlarged before it is cut. The partner of a
 * view that mixes two is decoded for its own view.
 *
 * @param out uint8 `[size.height, size.width, 3]`, wholly overwritten
 * @param begin told each photo's path before it is decoded, for an error's sake
 */
export async function renderPhoto(
  [source, partnerSource]: readonly [PhotoSource, ...PhotoSource[]],
  view: View,
  size: ImageSize,
  out: Uint8Array,
  begin: (path: string) => void = () => undefined,
): Promise<void> {
  begin(source.path);
  const own = await decodedFor(source, view, size);
  const { partner } = view;
  if (partner === undefined || partnerSource === undefined) {
    renderView(own.image.pixels, own.image.size, { ...view, ...own.crop }, size, out);
    return;
  }
  begin(partnerSource.path);
  const second = await decodedFor(partnerSource, partner.view, size);
  const mixed = { ...view, ...own.crop, partner: { ...partner, view: { ...partner.view, ...second.crop } } };
  renderView(own.image.pixels, own.image.size, mixed, size, out, second.image);
}

interface DecodedFor {
  readonly image: SourceImage;
  readonly crop: Crop;
}

async function decodedFor(source: PhotoSource, view: SoloView, size: ImageSize): Promise<DecodedFor> {
  const working = workingSize(source, view, size);
  const pixels = await decodePhoto(source, working);
  return { image: { pixels, size: { ...working, channels: 3 } }, crop: snapped(view, working, size) };
}

/** The part of a view that says where it is cut out. */
export type Crop = Pick<View, "left" | "top" | "width" | "height">;

/** Size of the whole photo at which the view's crop has the pixels that are wanted; never above its own. */
export function workingSize(original: PhotoSize, view: Crop, size: PhotoSize): PhotoSize {
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
export function snapped(view: Crop, working: PhotoSize, size: PhotoSize): Crop {
  const across = snappedAxis(view.left, view.width, working.width, size.width);
  const down = snappedAxis(view.top, view.height, working.height, size.height);
  return { left: across.start, width: across.length, top: down.start, height: down.length };
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
