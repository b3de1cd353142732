import { KdflowError, type SoloView, type View } from "../../../core/index.ts";
import { addPhoto, sceneFill } from "../../tasks/detection/add-photo.ts";
import type { Placement } from "../../tasks/detection/placement.ts";
import { placements } from "../../tasks/detection/placements.ts";
import { renderPlacement } from "../../tasks/detection/render-placement.ts";
import type { Viewer } from "../../tasks/detection/viewer.ts";
import type { SourceImage } from "../rendering/render.ts";
import { blend, paste } from "../rendering/render-boxes.ts";
import { applyEdits } from "../rendering/render-edits.ts";
import { decodePhoto, type PhotoSource } from "./decode-photo.ts";

/** A photo and where it lies. */
interface Placed {
  readonly source: PhotoSource;
  readonly placement: Placement;
}

/**
 * Renders a view of photos onto a viewer's canvas by the placements that also move their boxes. Each photo is decoded at
 * the scale at which it is shown, never above its own, so that it is shrunk once and with a filter.
 *
 * @param sources the view's photos in the order of `photosOf`
 * @param out uint8 `[viewer.size.height, viewer.size.width, 3]`, wholly overwritten
 * @param begin told each photo's path before it is decoded, for an error's sake
 */
export async function renderPlaced(
  sources: readonly PhotoSource[],
  view: View,
  viewer: Viewer,
  out: Uint8Array,
  begin: (path: string) => void = () => undefined,
): Promise<void> {
  const decode = (one: Placed): ReturnType<typeof decodeFor> => {
    begin(one.source.path);
    return decodeFor(one);
  };
  const originals = sources.map(({ width, height }) => ({ width, height, channels: 3 }));
  const placed = placements(view, originals, viewer).flatMap((placement, at): readonly Placed[] => {
    const source = sources[at];
    return source === undefined ? [] : [{ source, placement }];
  });
  const own = 1 + (view.tiles?.length ?? 0);
  await renderSolo(placed.slice(0, own), view, viewer, out, decode);
  if (view.mix === undefined || view.partner === undefined) return;
  const other = new Uint8Array(out.length);
  await renderSolo(placed.slice(own), view.partner.view, viewer, other, decode);
  if (view.mix.kind === "blend") blend(out, other, view.mix.share);
  else paste(out, other, view.mix.box, viewer.size);
}

async function renderSolo(
  placed: readonly Placed[],
  view: SoloView,
  viewer: Viewer,
  out: Uint8Array,
  decode: typeof decodeFor,
): Promise<void> {
  const [first] = placed;
  if (first === undefined) throw new KdflowError("KDF_INTERNAL", "a view places no photo");
  if (view.scene === undefined) {
    const { photo, shown } = await decode(first);
    renderPlacement(photo, view, shown, viewer, out);
    return;
  }
  out.fill(sceneFill(viewer));
  for (const one of placed) {
    const [left, top, right, bottom] = one.placement.content;
    if (right <= left || bottom <= top) continue;
    const { photo, shown } = await decode(one);
    addPhoto(photo, shown, viewer, out);
  }
  if (view.edits !== undefined) applyEdits(out, viewer.size, view.edits);
}

/** A photo at the scale at which it is shown, and its placement in the pixels that it then has. */
async function decodeFor({
  source,
  placement,
}: Placed): Promise<{ readonly photo: SourceImage; readonly shown: Placement }> {
  const width = workingSide(source.width, placement.scaleX);
  const height = workingSide(source.height, placement.scaleY);
  const pixels = await decodePhoto(source, { width, height });
  const [left, top, right, bottom] = placement.window;
  const [across, down] = [width / source.width, height / source.height];
  const shown: Placement = {
    ...placement,
    window: [left * across, top * down, right * across, bottom * down],
    scaleX: placement.scaleX / across,
    scaleY: placement.scaleY / down,
  };
  return { photo: { pixels, size: { width, height, channels: 3 } }, shown };
}

/** Pixels of a whole side at the scale at which it is shown. */
function workingSide(side: number, scale: number): number {
  return Math.max(1, Math.min(side, Math.round(side * Math.abs(scale))));
}
