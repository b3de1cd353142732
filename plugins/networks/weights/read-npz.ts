import { type HostTensor, KdflowError } from "../../../core/index.ts";
import { type NumberType, readNumbers } from "./numbers.ts";
import { sizeOf, type TensorFile } from "./tensor-file.ts";

const magic = "\u0093NUMPY";
const types: Readonly<Record<string, NumberType>> = {
  "<f2": "float16",
  "<f4": "float32",
  "<f8": "float64",
  "|i1": "int8",
  "|u1": "uint8",
  "<i2": "int16",
  "<i4": "int32",
  "<i8": "int64",
  "|b1": "bool",
};

/**
 * Reads the arrays of a NumPy archive, as a PyTorch state dict that was written with `numpy.savez`.
 *
 * @param entries content of the archive's files by name
 * @throws KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 * @see NumPy, "NPY format", versions 1 to 3
 */
export function readNpz(entries: ReadonlyMap<string, Uint8Array>): TensorFile {
  const arrays = [...entries].filter(([name]) => name.endsWith(".npy"));
  const tensors = arrays.map(([name, bytes]) => [name.slice(0, -".npy".length), readArray(name, bytes)] as const);
  return { layout: "torch", tensors: new Map(tensors) };
}

function readArray(name: string, content: Uint8Array): HostTensor {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < 12 || bytes.toString("latin1", 0, 6) !== magic) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${name}" in the archive is no NumPy array`);
  }
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  const end = start + (isFirst ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const header = bytes.toString("latin1", start, end);
  const descr = /'descr':\s*'([^']*)'/u.exec(header)?.[1] ?? "objects";
  const type = types[descr];
  if (type === undefined || !/'fortran_order':\s*False/u.test(header)) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${name}" holds "${descr}", or is in Fortran order`, {
      hint: "save plain numbers: numpy.savez(path, **{name: tensor.numpy() for name, tensor in state_dict.items()})",
    });
  }
  const sizes = /'shape':\s*\(([^)]*)\)/u.exec(header)?.[1] ?? "";
  const shape = [...sizes.matchAll(/\d+/gu)].map(([size]) => Number(size));
  return { shape, values: readNumbers(bytes.subarray(end), type, sizeOf(shape)) };
}
