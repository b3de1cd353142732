import type { ImageSize, Letterbox, SoloView, View } from "../../../core/index.ts";
import { type Corners, centreOf, type Placement } from "./placement.ts";
import { scenePlacement } from "./scene-placement.ts";
import type { Viewer } from "./viewer.ts";

/**
 * Where a view's photos lie on a viewer's canvas. It is the one source for pixels, for boxes, and for bringing
 * predictions back into the photo, so that they cannot disagree.
 *
 * The view is cut out first; the viewer then fits what was cut out. Its pixels are resized to whole pixels of the
 * canvas, and the scales are those that this really gives: 333 pixels shown on 139 have the scale 139 / 333.
 *
 * In a scene nothing is rounded: the viewer's fit says where a photo lies on the whole canvas, of which the scene shows
 * a part, and every photo grows to the canvas. So canvases of one ratio show the same of a photo at every size.
 *
 * @param originals sizes of the upright photos in the order of `photosOf`
 * @returns one for each photo of the view
 */
export function placements(view: View, originals: readonly ImageSize[], viewer: Viewer): readonly Placement[] {
  const first = soloPlacements(view, originals, viewer);
  if (view.mix === undefined || view.partner === undefined) return first;
  const second = soloPlacements(view.partner.view, originals.slice(first.length), viewer);
  if (view.mix.kind === "blend") return [...first, ...second];
  const { left, top, width, height } = view.mix.box;
  const canvas = viewer.size;
  const box: Corners = [
    left * canvas.width,
    top * canvas.height,
    (left + width) * canvas.width,
    (top + height) * canvas.height,
  ];
  return [...first.map((each) => ({ ...each, covered: box })), ...second.map((each) => ({ ...each, pasted: box }))];
}

/** Whether boxes can follow a view: geometric edits (shear, translate, rotate) move pixels in ways that boxes do not. */
export function boxesFollow({ edits = [] }: SoloView): boolean {
  return edits.every(({ op }) => op !== "shear" && op !== "translate" && op !== "rotate");
}

/** Of a view's own photo, and of its tiles. */
function soloPlacements(view: SoloView, originals: readonly ImageSize[], viewer: Viewer): readonly Placement[] {
  const { scene, tiles = [] } = view;
  const views = [view, ...tiles.map((tile) => tile.view)];
  return originals.slice(0, views.length).map((original, tile) => {
    const each = views[tile] ?? view;
    return scene === undefined
      ? placementOf(each, original, viewer)
      : scenePlacement({ scene, tile, crop: windowOf(each, original), flip: each.flip, original }, viewer);
  });
}

function placementOf(view: SoloView, original: ImageSize, { size, fit }: Viewer): Placement {
  const shown = windowOf(view, original);
  const window = fit === "crop" ? centreOf(shown, size) : shown;
  const content: Corners = typeof fit === "string" ? [0, 0, size.width, size.height] : letterboxed(window, size, fit);
  const scaleX = ((content[2] - content[0]) / (window[2] - window[0])) * (view.flip ? -1 : 1);
  const scaleY = (content[3] - content[1]) / (window[3] - window[1]);
  return {
    scaleX,
    scaleY,
    offsetX: (view.flip ? content[2] : content[0]) - scaleX * window[0],
    offsetY: content[1] - scaleY * window[1],
    window,
    content,
    reach: Math.max(window[2] - window[0], window[3] - window[1]),
  };
}

function windowOf({ left, top, width, height }: SoloView, original: ImageSize): Corners {
  return [
    left * original.width,
    top * original.height,
    (left + width) * original.width,
    (top + height) * original.height,
  ];
}

function letterboxed(window: Corners, canvas: ImageSize, fit: Letterbox): Corners {
  const [width, height] = [window[2] - window[0], window[3] - window[1]];
  const largest = Math.min(canvas.width / width, canvas.height / height);
  const scale = fit.enlarge ? largest : Math.min(1, largest);
  const shownWidth = wholeSide(width * scale, canvas.width, fit);
  const shownHeight = wholeSide(height * scale, canvas.height, fit);
  const isCentred = fit.letterbox === "centre";
  const left = isCentred ? Math.floor((canvas.width - shownWidth) / 2) : 0;
  const top = isCentred ? Math.floor((canvas.height - shownHeight) / 2) : 0;
  return [left, top, left + shownWidth, top + shownHeight];
}

/** 640 · (416 / 640) may be a hair below 416, which must not be cut to 415. */
const hair = 1e-9;

function wholeSide(side: number, most: number, { rounding }: Letterbox): number {
  const whole = rounding === "round" ? Math.round(side) : Math.trunc(side + hair);
  return Math.min(most, Math.max(1, whole));
}
