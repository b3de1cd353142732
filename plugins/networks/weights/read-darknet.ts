import { type HostTensor, KdflowError } from "../../../core/index.ts";
import { readNumbers } from "./numbers.ts";
import type { TensorFile } from "./tensor-file.ts";

/** The count of seen images has eight bytes from version 0.2 on, four before. */
const longCount = 2;

/**
 * Reads the numbers of a darknet file, which has neither names nor shapes.
 *
 * @returns one tensor named `numbers`, in the order of the layers
 * @throws KDF_INPUT_TRUNCATED
 */
export function readDarknet(bytes: Buffer): TensorFile {
  if (bytes.length < 16) throw new KdflowError("KDF_INPUT_TRUNCATED", "it is too short for a header");
  const [major, minor] = [bytes.readInt32LE(0), bytes.readInt32LE(4)];
  const start = major * 10 + minor >= longCount ? 20 : 16;
  const count = (bytes.length - start) / 4;
  if (!Number.isInteger(count)) {
    throw new KdflowError("KDF_INPUT_FORMAT", `behind its header lie ${bytes.length - start} bytes, no whole float32s`);
  }
  const numbers: HostTensor = { shape: [count], values: readNumbers(bytes.subarray(start), "float32", count) };
  return { layout: "darknet", tensors: new Map([["numbers", numbers]]) };
}
