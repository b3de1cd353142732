import type { AxisWeights } from "./axis-weights.ts";
import type { Name, PhotoOps } from "./photo-ops.ts";

/** What is cut off of a mean before it is made whole, where its division is not exact. */
const cut = 1e-4;
/** Of the fixed-point numbers by which libvips divides. */
const unit = 2 ** 24;

/**
 * Resizes the first axis of a photo, with the roundings of libvips: means of blocks are whole numbers, and so is what is
 * made of them where the axis shrinks.
 *
 * @param photo `[length, columns]`
 * @param columns size of the other axis
 * @returns `[side, columns]`
 */
export function shrinkAxis(ops: PhotoOps, photo: Name, columns: Name, length: Name, axis: AxisWeights): Name {
  const { block, blocks, weights, shrinks } = axis;
  const [half, one] = [ops.number(0.5), ops.number(1)];
  const last = ops.sub(length, one);
  const filled = ops.rows(photo, ops.min(ops.range(ops.mul(blocks, block)), last));
  const sums = ops.reshape(ops.rowSums(ops.reshape(filled, [blocks, block, columns])), [blocks, columns]);
  // libvips multiplies by ⌊2²⁴ / k⌋ and cuts off: a mean that is whole falls below it unless k divides 2²⁴
  const factor = ops.div(ops.number(unit), block);
  const isCut = ops.less(ops.floor(factor), factor);
  const rounded = ops.div(ops.add(sums, ops.floor(ops.mul(block, half))), block);
  const whole = ops.floor(ops.sub(rounded, ops.mul(isCut, ops.number(cut))));
  const means = chosen(ops, ops.less(one, block), whole, sums);
  const made = ops.product(weights, means);
  return chosen(ops, shrinks, ops.floor(ops.add(made, half)), made);
}

/** The first where the flag is 1, the other where it is 0. */
function chosen(ops: PhotoOps, flag: Name, first: Name, other: Name): Name {
  return ops.add(ops.mul(flag, first), ops.mul(ops.sub(ops.number(1), flag), other));
}
