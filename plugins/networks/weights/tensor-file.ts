import type { HostTensor } from "../../../core/index.ts";

/** What a file of weights holds. */
export interface TensorFile {
  /**
   * How its kernels lie: `torch` as `[outputs, inputs, height, width]`, `keras` as `[height, width, inputs, outputs]`,
   * `darknet` as `torch` but without names, in the order of the layers.
   */
  readonly layout: "torch" | "keras" | "darknet";
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** Files above this size are no weights of a network that is trained here. */
export const maxFileBytes: number = 2 ** 31 - 1;
/** Tensors in one file; the largest published students have some hundred. */
export const maxTensors = 65_536;

/** Numbers of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
