/** Name of a tensor in the graph that is written. */
export type Name = string;

/** The few operations that fitting a photo takes, in the words of a format. All numbers are float32. */
export interface PhotoOps {
  /** The decoded photo, `[1, height, width, 3]`, 0…255. */
  readonly photo: Name;
  /** Its sides in pixels, `[]`. */
  readonly height: Name;
  readonly width: Name;
  /** A constant, `[]`. */
  number(value: number): Name;
  /** A constant, `[length]`. */
  list(values: readonly number[]): Name;
  /** A constant matrix. */
  matrix(shape: readonly [number, number], values: readonly number[]): Name;
  add(a: Name, b: Name): Name;
  sub(a: Name, b: Name): Name;
  mul(a: Name, b: Name): Name;
  div(a: Name, b: Name): Name;
  min(a: Name, b: Name): Name;
  max(a: Name, b: Name): Name;
  floor(a: Name): Name;
  abs(a: Name): Name;
  /** 1 where a < b, else 0. */
  less(a: Name, b: Name): Name;
  /** 0, 1, … below a size. */
  range(size: Name): Name;
  /** @param shape sizes; names of sizes that the photo decides */
  reshape(a: Name, shape: readonly (number | Name)[]): Name;
  transpose(a: Name, order: readonly number[]): Name;
  /** Product of two matrices. */
  product(a: Name, b: Name): Name;
  /** Rows of a matrix at the places of a list. */
  rows(a: Name, places: Name): Name;
  /** Sums over the second axis, which keeps size 1. */
  rowSums(a: Name): Name;
}
