import type { HostTensor } from "../../../core/index.ts";
import { sizeOf, type TensorFile } from "./tensor-file.ts";

/**
 * A tensor of a file in the layout of our layers, or `undefined` where its shape does not fit.
 *
 * @param shape of our weight: `[height, width, inputs, outputs]`, depthwise `[height, width, channels, 1]`, dense
 *   `[inputs, outputs]`, or `[channels]`
 */
export function convertKernel(
  { shape: given, values }: HostTensor,
  shape: readonly number[],
  layout: TensorFile["layout"],
): Float32Array | undefined {
  const wanted = layout === "keras" ? shape : torchShape(shape);
  // 1×1 convolutions on pooled features are dense layers here
  if (sizeOf(given) !== sizeOf(wanted) || trimmed(given).join() !== trimmed(wanted).join()) return undefined;
  return layout === "keras" || shape.length === 1 ? values : transposed(values, shape);
}

/** How PyTorch lays out what we have as `shape`. */
export function torchShape(shape: readonly number[]): readonly number[] {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape.length === 2 ? [1, 1, ...shape] : shape;
  if (shape.length === 1) return shape;
  if (shape.length === 2) return [outputs, inputs];
  return isDepthwise(shape) ? [inputs, 1, height, width] : [outputs, inputs, height, width];
}

/** A 4-D kernel with one output of each channel is depthwise: full convolutions with one output do not occur. */
function isDepthwise(shape: readonly number[]): boolean {
  return shape.length === 4 && shape[3] === 1;
}

/** Sizes without those that are 1. */
function trimmed(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}

/** OIHW → HWIO, for depthwise kernels `[channels, 1, height, width]` → `[height, width, channels, 1]`. */
function transposed(values: Float32Array, shape: readonly number[]): Float32Array {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape.length === 2 ? [1, 1, ...shape] : shape;
  const result = new Float32Array(values.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let input = 0; input < inputs; input++) {
        for (let output = 0; output < outputs; output++) {
          result[to++] = values[((output * inputs + input) * height + y) * width + x] ?? 0;
        }
      }
    }
  }
  return result;
}
