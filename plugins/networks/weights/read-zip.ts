import { unzipSync } from "fflate";
import { KdflowError } from "../../../core/index.ts";
import { maxFileBytes, maxTensors } from "./tensor-file.ts";

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Buffer): boolean {
  return bytes.length > 4 && bytes.readUInt32LE(0) === 0x0403_4b50;
}

/**
 * Unpacks an archive in memory.
 *
 * @returns contents by name, without the folder that all of them lie in
 * @throws KDF_INPUT_FORMAT where it is damaged, or would unpack to more than a file of weights may have
 */
export function readZip(bytes: Buffer): ReadonlyMap<string, Uint8Array> {
  let files = 0;
  let total = 0;
  const filter = ({ originalSize }: { readonly originalSize: number }): boolean => {
    total += originalSize;
    if (++files > maxTensors || total > maxFileBytes) {
      throw new KdflowError("KDF_INPUT_FORMAT", `the archive unpacks to ${files} files of ${total} bytes or more`);
    }
    return true;
  };
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter })));
  } catch (cause) {
    if (cause instanceof KdflowError) throw cause;
    throw new KdflowError("KDF_INPUT_FORMAT", "the archive is damaged", { cause });
  }
}
