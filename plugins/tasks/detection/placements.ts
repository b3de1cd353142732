import type { ImageSize, Letterbox, SoloView, View } from "../../../core/index.ts";
import type { Viewer } from "./viewer.ts";

/** A rectangle in pixels: left, top, right, bottom. */
export type Corners = readonly [left: number, top: number, right: number, bottom: number];

/**
 * How one original photo lies on a viewer's canvas: a point (x, y) of the photo is seen at
 * (scaleX · x + offsetX, scaleY · y + offsetY). `scaleX` is below 0 where the view is mirrored.
 */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** What is shown of the photo, in its pixels; reaches outside it where the view does. */
  readonly window: Corners;
  /** Where that is shown, whole pixels of the canvas; the rest is fill. */
  readonly content: Corners;
  /** A part of the canvas where another photo lies on top. */
  readonly covered?: Corners;
  /** The only part of the canvas where this photo is seen, where it does not fill its content. */
  readonly pasted?: Corners;
}

/**
 * Where a view's photos lie on a viewer's canvas. It is the one source for pixels, for boxes, and for bringing
 * predictions back into the photo, so that they cannot disagree.
 *
 * The view is cut out first; the viewer then fits what was cut out. Its pixels are resized to whole pixels of the
 * canvas, and the scales are those that this really gives: 333 pixels shown on 139 have the scale 139 / 333.
 *
 * @param originals sizes of the upright photos: the sample's own, then the partner's where the view mixes two
 * @returns one for each photo of the view
 */
export function placements(view: View, originals: readonly ImageSize[], viewer: Viewer): readonly Placement[] {
  const [own, second] = originals;
  if (own === undefined) return [];
  const first = placementOf(view, own, viewer);
  if (view.mix === undefined || view.partner === undefined || second === undefined) return [first];
  const other = placementOf(view.partner.view, second, viewer);
  if (view.mix.kind === "blend") return [first, other];
  const { left, top, width, height } = view.mix.box;
  const canvas = viewer.size;
  const box: Corners = [
    left * canvas.width,
    top * canvas.height,
    (left + width) * canvas.width,
    (top + height) * canvas.height,
  ];
  return [
    { ...first, covered: box },
    { ...other, pasted: box },
  ];
}

/** Whether boxes can follow a view: geometric edits (shear, translate, rotate) move pixels in ways that boxes do not. */
export function boxesFollow({ edits = [] }: SoloView): boolean {
  return edits.every(({ op }) => op !== "shear" && op !== "translate" && op !== "rotate");
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

/** The middle of a window, as large as fits, in the ratio of the canvas. */
function centreOf([left, top, right, bottom]: Corners, canvas: ImageSize): Corners {
  const ratio = canvas.width / canvas.height;
  const width = Math.min(right - left, (bottom - top) * ratio);
  const height = Math.min(bottom - top, (right - left) / ratio);
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  return [middleX - width / 2, middleY - height / 2, middleX + width / 2, middleY + height / 2];
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
