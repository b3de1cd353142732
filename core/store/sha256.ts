import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { canonicalJson } from "./canonical-json.ts";

const CHUNK_BYTES = 1 << 20;

/** SHA-256 of text (as UTF-8) or bytes, in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of plain data: equal data, equal digest, whatever the order of its keys. */
export function sha256OfData(value: unknown): string {
  return sha256(canonicalJson(value));
}

/** SHA-256 of a file's content, read in pieces. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const file = await open(path, "r");
  try {
    return await sha256OfHandle(file, signal);
  } finally {
    await file.close();
  }
}

/** The same for a file that is open at its start; leaves it open. */
export async function sha256OfHandle(file: FileHandle, signal?: AbortSignal): Promise<string> {
  const hash: Hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, bytesRead));
  }
}
