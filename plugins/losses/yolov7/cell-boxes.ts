import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** Boxes of candidates, in cells from the candidate's own corner: each `[batch, candidates]`. */
export interface CellBoxes {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly width: Tensor;
  readonly height: Tensor;
}

/** Keeps overlaps and ratios finite; that of the published loss. */
const epsilon = 1e-7;

/** One number of the last axis: `[batch, candidates, numbers]` → `[batch, candidates]`. */
export function numberAt(tf: Tf, rows: Tensor, place: number): Tensor {
  const [batch = 0, count = 0] = rows.shape;
  return tf.reshape(tf.slice(rows, [0, 0, place], [batch, count, 1]), [batch, count]);
}

/**
 * Boxes that cells tell: x = 2σ(tx) − ½, width = (2σ(tw))² · anchor / stride.
 *
 * @param cells `[batch, candidates, 5 + classes]`
 * @param places `[batch, candidates, 6]`
 */
export function boxesOfCells(tf: Tf, cells: Tensor, places: Tensor): CellBoxes {
  const stride = numberAt(tf, places, 2);
  const centre = (place: number): Tensor => tf.sub(tf.mul(tf.sigmoid(numberAt(tf, cells, place)), 2), 0.5);
  const side = (place: number): Tensor => {
    const anchor = tf.div(numberAt(tf, places, place + 1), stride);
    return tf.mul(tf.square(tf.mul(tf.sigmoid(numberAt(tf, cells, place)), 2)), anchor);
  };
  return { x: centre(0), y: centre(1), width: side(2), height: side(3) };
}

/** What complete IoU is made of. */
export interface Overlap {
  readonly iou: Tensor;
  /** Squared distance of the middles over the squared diagonal of the box around both. */
  readonly distance: Tensor;
  /** How much the ratios of the sides differ. */
  readonly ratio: Tensor;
}

/** @see Zheng et al. (2020), "Distance-IoU Loss", arXiv:1911.08287, eq. 5 to 11 */
export function overlapOf(tf: Tf, one: CellBoxes, other: CellBoxes): Overlap {
  const [first, second] = [edges(tf, one), edges(tf, other)];
  const across = tf.relu(tf.sub(tf.minimum(first.right, second.right), tf.maximum(first.left, second.left)));
  const down = tf.relu(tf.sub(tf.minimum(first.bottom, second.bottom), tf.maximum(first.top, second.top)));
  const both = tf.mul(across, down);
  const [height, otherHeight] = [tf.add(one.height, epsilon), tf.add(other.height, epsilon)];
  const area = tf.add(tf.mul(one.width, height), tf.mul(other.width, otherHeight));
  const iou = tf.div(both, tf.add(tf.sub(area, both), epsilon));
  const around = tf.add(
    tf.square(tf.sub(tf.maximum(first.right, second.right), tf.minimum(first.left, second.left))),
    tf.square(tf.sub(tf.maximum(first.bottom, second.bottom), tf.minimum(first.top, second.top))),
  );
  const apart = tf.add(tf.squaredDifference(one.x, other.x), tf.squaredDifference(one.y, other.y));
  const angle = (width: Tensor, side: Tensor): Tensor => tf.atan(tf.div(width, tf.add(side, epsilon)));
  const angles = tf.squaredDifference(angle(other.width, otherHeight), angle(one.width, height));
  return { iou, distance: tf.div(apart, tf.add(around, epsilon)), ratio: tf.mul(angles, 4 / Math.PI ** 2) };
}

/** The weight of the ratio, α = v / (v − IoU + 1); constant for differentiation. */
export function ratioWeight(tf: Tf, { iou, ratio }: Overlap): Tensor {
  return tf.div(ratio, tf.add(tf.sub(ratio, iou), 1 + epsilon));
}

/** IoU − (distance + α · ratio) */
export function completeIou(tf: Tf, { iou, distance, ratio }: Overlap, weight: Tensor): Tensor {
  return tf.sub(iou, tf.add(distance, tf.mul(ratio, weight)));
}

function edges(tf: Tf, { x, y, width, height }: CellBoxes): Record<"left" | "right" | "top" | "bottom", Tensor> {
  const [halfWidth, halfHeight] = [tf.div(width, 2), tf.div(height, 2)];
  return {
    left: tf.sub(x, halfWidth),
    right: tf.add(x, halfWidth),
    top: tf.sub(y, halfHeight),
    bottom: tf.add(y, halfHeight),
  };
}
