import type { ImageSize, Scene } from "../../../core/index.ts";
import {
  type Corners,
  centreOf,
  intersect,
  type PhotoToCanvas,
  type Placement,
  photoCorners,
  placeCorners,
} from "./placement.ts";
import type { Viewer } from "./viewer.ts";

/** One photo of a scene. */
export interface ScenePhoto {
  readonly scene: Scene;
  /** 0 is the sample's own, 1 … 3 lie right above, left below and right below of where they meet. */
  readonly tile: number;
  /** What its own view cuts out of it, in its pixels. */
  readonly crop: Corners;
  readonly flip: boolean;
  /** Size of the upright photo. */
  readonly original: ImageSize;
}

/**
 * Where a scene shows one of its photos. All of it is reckoned in heights of the canvas, so that what is seen of a photo
 * is the same to the last bit for canvases of one ratio, and only the result is in pixels.
 */
export function scenePlacement(photo: ScenePhoto, viewer: Viewer): Placement {
  const { original } = photo;
  const { height } = viewer.size;
  const width = viewer.size.width / height;
  const cut = viewer.fit === "crop" ? centreOf(photo.crop, { width, height: 1 }) : photo.crop;
  const placed = placedOn(photo, cut, width, viewer);
  const scaleX = ((placed[2] - placed[0]) / (cut[2] - cut[0])) * (photo.flip ? -1 : 1);
  const scaleY = (placed[3] - placed[1]) / (cut[3] - cut[1]);
  const inHeights: PhotoToCanvas = {
    scaleX,
    scaleY,
    offsetX: (photo.flip ? placed[2] : placed[0]) - scaleX * cut[0],
    offsetY: placed[1] - scaleY * cut[1],
  };
  const there = placeCorners(intersect(cut, [0, 0, original.width, original.height]), inHeights);
  const [left, top, right, bottom] = intersect(there, [0, 0, width, 1]);
  const content: Corners = [left, top, Math.max(left, right), Math.max(top, bottom)];
  return {
    scaleX: scaleX * height,
    scaleY: scaleY * height,
    offsetX: inHeights.offsetX * height,
    offsetY: inHeights.offsetY * height,
    window: photoCorners(content, inHeights),
    content: [content[0] * height, content[1] * height, content[2] * height, content[3] * height],
    reach: Math.max(width / Math.abs(scaleX), 1 / scaleY),
  };
}

/** Where what is cut out lies on the part of the canvas that is shown, in heights of the canvas. */
function placedOn(
  { scene: { shown, meet }, tile }: ScenePhoto,
  cut: Corners,
  canvasWidth: number,
  { fit }: Viewer,
): Corners {
  const [cutWidth, cutHeight] = [cut[2] - cut[0], cut[3] - cut[1]];
  const fitted = Math.min(canvasWidth / cutWidth, 1 / cutHeight);
  const [width, height] = typeof fit === "string" ? [canvasWidth, 1] : [cutWidth * fitted, cutHeight * fitted];
  const before = typeof fit !== "string" && fit.letterbox === "centre" ? 0.5 : 0;
  const left =
    meet === undefined ? (canvasWidth - width) * before : meet[0] * canvasWidth - (tile % 2 === 0 ? width : 0);
  const top = meet === undefined ? (1 - height) * before : meet[1] - (tile < 2 ? height : 0);
  const x = (place: number): number => (place - shown.left * canvasWidth) / shown.width;
  const y = (place: number): number => (place - shown.top) / shown.height;
  return [x(left), y(top), x(left + width), y(top + height)];
}
