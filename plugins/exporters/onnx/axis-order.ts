import type { ConstantValues } from "../trace/traced-graph.ts";

/** Whether axes lie in their own order. */
export function isStraight(order: readonly number[]): boolean {
  return order.every((axis, place) => axis === place);
}

export function ordersEqual(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((axis, place) => axis === other[place]);
}

/** A constant with its axes in another order: at place i lies axis `order[i]`. */
export function permuteConstant<T extends ConstantValues>(
  shape: readonly number[],
  values: T,
  order: readonly number[],
): { shape: number[]; values: T } {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 0);
  const permuted = values.slice() as T;
  const at = sides.map(() => 0);
  let from = 0;
  for (let place = 0; place < permuted.length; place++) {
    permuted[place] = values[from] ?? 0;
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] ?? 0) + 1;
      from += steps[axis] ?? 0;
      if ((at[axis] ?? 0) < (sides[axis] ?? 1)) break;
      from -= (steps[axis] ?? 0) * (sides[axis] ?? 1);
      at[axis] = 0;
    }
  }
  return { shape: sides, values: permuted };
}

/** Axes in their order, but of those from `from` on the last one first: channels behind the batch. */
export function channelsAfterBatch(rank: number): number[] {
  return rank < 3
    ? Array.from({ length: rank }, (_, axis) => axis)
    : [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
}
