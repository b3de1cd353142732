import { open } from "node:fs/promises";
import { KdflowError } from "../../../core/index.ts";

/**
 * Reads a run of bytes of a file.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_TRUNCATED where the file ends before
 */
export async function readRange(path: string, start: number, length: number): Promise<Uint8Array> {
  const file = await open(path).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${path}" cannot be opened`, { cause });
  });
  try {
    const bytes = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await file.read(bytes, read, length - read, start + read);
      if (bytesRead === 0) {
        throw new KdflowError(
          "KDF_INPUT_TRUNCATED",
          `"${path}" ends at byte ${start + read}, wanted ${start + length}`,
        );
      }
      read += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
