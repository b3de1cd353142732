import type { ImageSize, SoloView } from "../../../core/index.ts";
import { renderView, type SourceImage } from "../../data/rendering/render.ts";
import type { Placement } from "./placement.ts";
import type { Viewer } from "./viewer.ts";

/**
 * Renders one photo of a view onto a viewer's canvas: what the placement shows, where it shows it, and fill around it.
 *
 * @param view of the photo, for its mirror and its edits
 * @param out uint8 `[size.height, size.width, size.channels]`, wholly overwritten
 */
export function renderPlacement(
  photo: SourceImage,
  view: SoloView,
  placement: Placement,
  { size, fit }: Viewer,
  out: Uint8Array,
): void {
  const { window, content } = placement;
  const { width, height } = photo.size;
  const shown: SoloView = {
    ...view,
    left: window[0] / width,
    top: window[1] / height,
    width: (window[2] - window[0]) / width,
    height: (window[3] - window[1]) / height,
  };
  const inner: ImageSize = { ...size, width: content[2] - content[0], height: content[3] - content[1] };
  if (inner.width === size.width && inner.height === size.height) {
    renderView(photo.pixels, photo.size, shown, size, out);
    return;
  }
  const pixels = new Uint8Array(inner.width * inner.height * inner.channels);
  renderView(photo.pixels, photo.size, shown, inner, pixels);
  out.fill(typeof fit === "string" ? 0 : fit.fill);
  const row = inner.width * inner.channels;
  for (let y = 0; y < inner.height; y++) {
    const at = ((content[1] + y) * size.width + content[0]) * size.channels;
    out.set(pixels.subarray(y * row, y * row + row), at);
  }
}
