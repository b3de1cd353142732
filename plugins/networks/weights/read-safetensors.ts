import { type HostTensor, KdflowError } from "../../../core/index.ts";
import { bytesOf, type NumberType, readNumbers } from "./numbers.ts";
import { maxTensors, sizeOf, type TensorFile } from "./tensor-file.ts";

const headerStart = 8;
/** The limit of the format's own readers. */
const maxHeaderBytes = 100_000_000;

const types: Readonly<Record<string, NumberType>> = {
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
  I8: "int8",
  U8: "uint8",
  I16: "int16",
  I32: "int32",
  I64: "int64",
  BOOL: "bool",
};

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Whether bytes begin as a safetensors file does: the header's length, then an object. */
export function isSafetensors(bytes: Buffer): boolean {
  return bytes.length > headerStart && bytes.readUInt32LE(4) === 0 && bytes[headerStart] === 0x7b;
}

/**
 * Reads a safetensors file.
 *
 * @throws KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 * @see https://github.com/huggingface/safetensors, "Format"
 */
export function readSafetensors(bytes: Buffer): TensorFile {
  const headerBytes = bytes.readUInt32LE(0);
  const start = headerStart + headerBytes;
  if (headerBytes > maxHeaderBytes || start > bytes.length) {
    throw new KdflowError("KDF_INPUT_TRUNCATED", `its header should have ${headerBytes} bytes`);
  }
  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of Object.entries(parseHeader(bytes.subarray(headerStart, start)))) {
    if (name === "__metadata__") continue;
    tensors.set(name, readEntry(name, entry, bytes.subarray(start)));
    if (tensors.size > maxTensors) throw new KdflowError("KDF_INPUT_FORMAT", `it has more than ${maxTensors} tensors`);
  }
  return { layout: "torch", tensors };
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
  } catch (cause) {
    throw new KdflowError("KDF_INPUT_FORMAT", "the header of the safetensors file is not JSON", { cause });
  }
}

function readEntry(name: string, entry: unknown, data: Buffer): HostTensor {
  if (!isEntry(entry)) throw new KdflowError("KDF_INPUT_FORMAT", `the header does not describe "${name}"`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = types[dtype];
  if (type === undefined) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${name}" holds numbers of type "${dtype}", which are not read`);
  }
  const [from, to] = offsets;
  const count = sizeOf(shape);
  if (from < 0 || to > data.length || to - from !== count * bytesOf[type]) {
    const message = `"${name}" [${shape.join(", ")}] lies at bytes ${from} to ${to} of ${data.length}`;
    throw new KdflowError("KDF_INPUT_TRUNCATED", message);
  }
  return { shape, values: readNumbers(data.subarray(from, to), type, count) };
}

function isEntry(entry: unknown): entry is Entry {
  if (typeof entry !== "object" || entry === null) return false;
  const { dtype, shape, data_offsets: offsets } = entry as Partial<Entry>;
  const whole = (list: unknown): boolean => Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
  return typeof dtype === "string" && whole(shape) && whole(offsets) && offsets?.length === 2;
}
