import type { Tensor } from "onnxruntime-node";
import { fromFloat16 } from "../../soft-labels/files/float16.ts";
import type { Layout } from "../asking/model-input.ts";
import type { ShapedNumbers } from "./onnx-protocol.ts";

/** Collects a tensor's rows over several calls. */
export interface ResultRows {
  /** Takes the rows of the first `images` of `batch`. */
  add(result: Tensor | undefined, images: number, batch: number): void;
  joined(): ShapedNumbers;
}

/**
 * @param name of the tensor, for messages
 * @param count images of all calls
 * @param layout order of the axes where there are four; channels come last in the result
 * @param read takes the numbers out of a tensor
 */
export function resultRows(
  name: string,
  count: number,
  layout: Layout,
  read: typeof numbersOf = numbersOf,
): ResultRows {
  const pieces: Float32Array[] = [];
  let shape: readonly number[] = [];
  return {
    add(result, images, batch) {
      if (result === undefined) throw new Error(`it gave no output "${name}"`);
      const { dims } = result;
      const isTurned = layout === "nchw" && dims.length === 4;
      const numbers = read(result, name);
      const rows = numbers.subarray(0, dims[0] === batch ? (numbers.length / batch) * images : numbers.length);
      pieces.push(isTurned ? channelsLast(rows, dims) : rows);
      const sizes = isTurned ? [dims[2], dims[3], dims[1]].map(Number) : dims.slice(1);
      shape = dims[0] === batch ? [count, ...sizes] : dims;
    },
    joined() {
      const values = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
      let at = 0;
      for (const piece of pieces) {
        values.set(piece, at);
        at += piece.length;
      }
      return { values, shape };
    },
  };
}

/** `[images, channels, height, width]` as `[images, height, width, channels]`. */
function channelsLast(rows: Float32Array, [, channels = 0, height = 0, width = 0]: readonly number[]): Float32Array {
  const area = height * width;
  const turned = new Float32Array(rows.length);
  let from = 0;
  for (let image = 0; image < rows.length; image += area * channels) {
    for (let channel = 0; channel < channels; channel++) {
      let to = image + channel;
      for (let place = 0; place < area; place++, to += channels) turned[to] = rows[from++] ?? Number.NaN;
    }
  }
  return turned;
}

export function numbersOf({ type, data }: Tensor, name: string): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array && type === "float16") return Float32Array.from(data, fromFloat16);
  if (type === "float16" || type === "float64") return Float32Array.from(data as unknown as ArrayLike<number>);
  throw new Error(`"${name}" is of type ${type}`);
}

/** The same of outputs that may be counts and numbers of classes too. */
export function detectorNumbersOf(tensor: Tensor, name: string): Float32Array {
  const { type, data } = tensor;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  return type === "int32" ? Float32Array.from(data as Int32Array) : numbersOf(tensor, name);
}
