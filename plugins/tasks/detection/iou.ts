/** Intersection over union of box `a` of one list and box `b` of another. */
export function iou(one: Float64Array, a: number, other: Float64Array, b: number): number {
  const left = one[a * 4] as number;
  const top = one[a * 4 + 1] as number;
  const right = one[a * 4 + 2] as number;
  const bottom = one[a * 4 + 3] as number;
  const x1 = other[b * 4] as number;
  const y1 = other[b * 4 + 1] as number;
  const x2 = other[b * 4 + 2] as number;
  const y2 = other[b * 4 + 3] as number;
  const width = Math.min(right, x2) - Math.max(left, x1);
  const height = Math.min(bottom, y2) - Math.max(top, y1);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / ((right - left) * (bottom - top) + (x2 - x1) * (y2 - y1) - shared);
}
