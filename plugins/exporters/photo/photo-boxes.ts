import type { FittedPhoto } from "./fit-photo.ts";
import type { Name, PhotoOps } from "./photo-ops.ts";

/**
 * Boxes of the canvas in pixels of the photo, cut off at its border.
 *
 * @param boxes `[1, rows, 4]`: left, top, right, bottom
 */
export function photoBoxes(ops: PhotoOps, boxes: Name, photo: FittedPhoto): Name {
  const corners = (x: Name, y: Name): Name => {
    // [4] out of two numbers
    const across = ops.mul(x, ops.list([1, 0, 1, 0]));
    return ops.add(across, ops.mul(y, ops.list([0, 1, 0, 1])));
  };
  const offset = corners(photo.offsetX, photo.offsetY);
  const back = ops.div(ops.sub(boxes, offset), corners(photo.scaleX, photo.scaleY));
  return ops.min(ops.max(back, ops.number(0)), corners(ops.width, ops.height));
}
