import type { ImageSize } from "../../../core/index.ts";

/** A rectangle in pixels: left, top, right, bottom. */
export type Corners = readonly [left: number, top: number, right: number, bottom: number];

/**
 * A point (x, y) of a photo is seen at (scaleX · x + offsetX, scaleY · y + offsetY). `scaleX` is below 0 where the view
 * is mirrored.
 */
export interface PhotoToCanvas {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** How one original photo lies on a viewer's canvas. */
export interface Placement extends PhotoToCanvas {
  /** What is shown of the photo, in its pixels; reaches outside it where the view does. */
  readonly window: Corners;
  /** Where that is shown; the rest is fill. Whole pixels of the canvas, save in a scene, where nothing may be left. */
  readonly content: Corners;
  /** The longer side of what the canvas shows, in the photo's pixels. */
  readonly reach: number;
  /** A part of the canvas where another photo lies on top. */
  readonly covered?: Corners;
  /** The only part of the canvas where this photo is seen, where it does not fill its content. */
  readonly pasted?: Corners;
}

/** A rectangle of the photo on the canvas. */
export function placeCorners([left, top, right, bottom]: Corners, placement: PhotoToCanvas): Corners {
  const one = placement.scaleX * left + placement.offsetX;
  const other = placement.scaleX * right + placement.offsetX;
  return [
    Math.min(one, other),
    placement.scaleY * top + placement.offsetY,
    Math.max(one, other),
    placement.scaleY * bottom + placement.offsetY,
  ];
}

/** A rectangle of the canvas in the photo. */
export function photoCorners([left, top, right, bottom]: Corners, placement: PhotoToCanvas): Corners {
  const one = (left - placement.offsetX) / placement.scaleX;
  const other = (right - placement.offsetX) / placement.scaleX;
  return [
    Math.min(one, other),
    (top - placement.offsetY) / placement.scaleY,
    Math.max(one, other),
    (bottom - placement.offsetY) / placement.scaleY,
  ];
}

/** What two rectangles share; its right is left of its left where they share nothing. */
export function intersect(one: Corners, other: Corners): Corners {
  return [
    Math.max(one[0], other[0]),
    Math.max(one[1], other[1]),
    Math.min(one[2], other[2]),
    Math.min(one[3], other[3]),
  ];
}

/** The middle of a window, as large as fits, in the ratio of the canvas. */
export function centreOf([left, top, right, bottom]: Corners, canvas: Pick<ImageSize, "width" | "height">): Corners {
  const ratio = canvas.width / canvas.height;
  const width = Math.min(right - left, (bottom - top) * ratio);
  const height = Math.min(bottom - top, (right - left) / ratio);
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  return [middleX - width / 2, middleY - height / 2, middleX + width / 2, middleY + height / 2];
}
