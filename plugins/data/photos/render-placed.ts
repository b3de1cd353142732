import { KdflowError, type SoloView, type View } from "../../../core/index.ts";
import { type Placement, placements } from "../../tasks/detection/placements.ts";
import { renderPlacement } from "../../tasks/detection/render-placement.ts";
import type { Viewer } from "../../tasks/detection/viewer.ts";
import { blend, paste } from "../render-boxes.ts";
import { decodePhoto, type PhotoSource } from "./decode-photo.ts";

/**
 * Renders a view of a photo onto a viewer's canvas by the placements that also move its boxes. The photo is decoded at
 * the scale at which it is shown, never above its own, so that it is shrunk once and with a filter.
 *
 * @param out uint8 `[viewer.size.height, viewer.size.width, 3]`, wholly overwritten
 * @param partner the photo of the view's partner, where the view mixes two
 */
export async function renderPlaced(
  source: PhotoSource,
  view: View,
  viewer: Viewer,
  out: Uint8Array,
  partner?: PhotoSource,
): Promise<void> {
  const originals = [source, ...(partner === undefined ? [] : [partner])].map(({ width, height }) => {
    return { width, height, channels: 3 };
  });
  const [first, second] = placements(view, originals, viewer);
  if (first === undefined) throw new KdflowError("KDF_INTERNAL", "a view places no photo");
  await renderOne(source, view, first, viewer, out);
  if (view.mix === undefined || view.partner === undefined || partner === undefined || second === undefined) return;
  const other = new Uint8Array(out.length);
  await renderOne(partner, view.partner.view, second, viewer, other);
  if (view.mix.kind === "blend") blend(out, other, view.mix.share);
  else paste(out, other, view.mix.box, viewer.size);
}

async function renderOne(
  source: PhotoSource,
  view: SoloView,
  placement: Placement,
  viewer: Viewer,
  out: Uint8Array,
): Promise<void> {
  const width = workingSide(source.width, placement.scaleX);
  const height = workingSide(source.height, placement.scaleY);
  const pixels = await decodePhoto(source, { width, height });
  const [left, top, right, bottom] = placement.window;
  const [across, down] = [width / source.width, height / source.height];
  const window = [left * across, top * down, right * across, bottom * down] as const;
  const shown = { ...placement, window };
  renderPlacement({ pixels, size: { width, height, channels: 3 } }, view, shown, viewer, out);
}

/** Pixels of a whole side at the scale at which it is shown. */
function workingSide(side: number, scale: number): number {
  return Math.max(1, Math.min(side, Math.round(side * Math.abs(scale))));
}
