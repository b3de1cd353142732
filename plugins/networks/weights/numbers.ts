import { KdflowError } from "../../../core/index.ts";
import { fromFloat16 } from "../../soft-labels/files/float16.ts";

/** The kinds of numbers that weights are stored as. */
export type NumberType =
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64"
  | "int8"
  | "uint8"
  | "int16"
  | "int32"
  | "int64"
  | "bool";

export const bytesOf: Readonly<Record<NumberType, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
};

type Reader = (view: DataView, at: number) => number;

const word = new DataView(new ArrayBuffer(4));

const readers: Readonly<Record<NumberType, Reader>> = {
  float16: (view, at) => fromFloat16(view.getUint16(at, true)),
  bfloat16(view, at) {
    word.setUint32(0, view.getUint16(at, true) * 65_536);
    return word.getFloat32(0);
  },
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  int16: (view, at) => view.getInt16(at, true),
  int32: (view, at) => view.getInt32(at, true),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  bool: (view, at) => view.getUint8(at),
};

/**
 * Numbers of any type, little endian, as float32.
 *
 * @throws KDF_INPUT_TRUNCATED where there are not `count` of them
 */
export function readNumbers(bytes: Uint8Array, type: NumberType, count: number): Float32Array {
  const size = bytesOf[type];
  if (!Number.isSafeInteger(count) || count < 0 || bytes.byteLength < count * size) {
    throw new KdflowError("KDF_INPUT_TRUNCATED", `a tensor of ${count} numbers has ${bytes.byteLength} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type];
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i * size);
  return values;
}
