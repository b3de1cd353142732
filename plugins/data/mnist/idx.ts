import { open, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, gunzip } from "node:zlib";
import { KdflowError } from "../../../core/index.ts";

/** The two IDX layouts of MNIST; numbers are big endian. */
const idxMagic: { readonly images: number; readonly labels: number } = { images: 0x803, labels: 0x801 };
export type IdxKind = keyof typeof idxMagic;

export interface IdxHeader {
  readonly count: number;
  /** 0 for labels. */
  readonly height: number;
  readonly width: number;
}

const unzip = promisify(gunzip);
const headerBytes = { images: 16, labels: 8 } as const;
/** Enough of a gzipped file to unpack an IDX header, whatever stands in the gzip header (a file name). */
const headBytes = 4096;

/**
 * Checks magic and length of an IDX file without reading its body; gzipped files tell their length in the last bytes.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT on a wrong magic, KDF_INPUT_TRUNCATED on a wrong length
 */
export async function checkIdx(path: string, kind: IdxKind): Promise<IdxHeader> {
  const { head, tail, sizeBytes } = await readEnds(path);
  if (!isGzip(head)) {
    const header = parseHeader(head, kind, path);
    assertLength(sizeBytes, header, kind, path);
    return header;
  }
  const start = await unpack(head, path, constants.Z_SYNC_FLUSH);
  const header = parseHeader(start, kind, path);
  // A cut file has no length in its last bytes; the full unpacking then finds the true fault.
  if (tail.length < 4 || tail.readUInt32LE(0) !== totalBytes(header, kind) % 2 ** 32) await readIdx(path, kind);
  return header;
}

/** Reads the labels, `[count]`, and checks that each is a class. */
export async function readIdxLabels(path: string, classes: number): Promise<Uint8Array> {
  const { body } = await readIdx(path, "labels");
  const wrong = body.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new KdflowError("KDF_INPUT_CLASSES", `record ${wrong} of "${path}" has the label ${body[wrong]}`, {
      hint: `labels are 0 … ${classes - 1}`,
    });
  }
  return body;
}

/** Reads the first `limit` images, uint8 `[limit, height, width]`; all of them by default. */
export async function readIdxImages(path: string, limit: number = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const { body } = await readIdx(path, "images", limit);
  return body;
}

/** Reads an IDX file whole, or the first `limit` records of it. */
async function readIdx(path: string, kind: IdxKind, limit = Number.POSITIVE_INFINITY): Promise<{ body: Uint8Array }> {
  const { head, sizeBytes } = await readEnds(path);
  if (isGzip(head)) {
    const bytes = await unpack(await readFile(path), path);
    const header = parseHeader(bytes, kind, path);
    assertLength(bytes.length, header, kind, path);
    return { body: bytes.subarray(headerBytes[kind], headerBytes[kind] + recordBytes(header, kind, limit)) };
  }
  const header = parseHeader(head, kind, path);
  assertLength(sizeBytes, header, kind, path);
  const body = new Uint8Array(recordBytes(header, kind, limit));
  await withFile(path, async (file) => {
    const { bytesRead } = await file.read(body, 0, body.length, headerBytes[kind]);
    if (bytesRead < body.length) throw wrongLength(headerBytes[kind] + bytesRead, header, kind, path);
  });
  return { body };
}

type FileHandle = Awaited<ReturnType<typeof open>>;

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${path}" cannot be opened`, { cause });
  });
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function readEnds(path: string): Promise<{ head: Buffer; tail: Buffer; sizeBytes: number }> {
  return withFile(path, async (file) => {
    const { size: sizeBytes } = await file.stat();
    const head = await readPart(file, 0, Math.min(headBytes, sizeBytes));
    const tail = await readPart(file, Math.max(0, sizeBytes - 4), Math.min(4, sizeBytes));
    return { head, tail, sizeBytes };
  });
}

async function readPart(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const part = Buffer.alloc(length);
  const { bytesRead } = await file.read(part, 0, length, position);
  return part.subarray(0, bytesRead);
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

async function unpack(bytes: Buffer, path: string, finishFlush: number = constants.Z_FINISH): Promise<Buffer> {
  try {
    return await unzip(bytes, { finishFlush });
  } catch (cause) {
    const cut = cause instanceof Error && "code" in cause && cause.code === "Z_BUF_ERROR";
    const message = cut
      ? `"${path}" ends in the middle (${bytes.length} bytes got)`
      : `"${path}" is not a sound gzip file`;
    throw new KdflowError(cut ? "KDF_INPUT_TRUNCATED" : "KDF_INPUT_FORMAT", message, {
      cause,
      hint: "download the file again",
    });
  }
}

function parseHeader(bytes: Buffer, kind: IdxKind, path: string): IdxHeader {
  const magic = bytes.length < 4 ? idxMagic[kind] : bytes.readUInt32BE(0);
  if (magic !== idxMagic[kind]) throw wrongMagic(magic, kind, path);
  if (bytes.length < headerBytes[kind]) {
    throw new KdflowError(
      "KDF_INPUT_TRUNCATED",
      `"${path}" has ${bytes.length} bytes, its header alone has ${headerBytes[kind]}`,
      { hint: "download the file again" },
    );
  }
  const [height, width] = kind === "images" ? [bytes.readUInt32BE(8), bytes.readUInt32BE(12)] : [0, 0];
  return { count: bytes.readUInt32BE(4), height, width };
}

function wrongMagic(magic: number, kind: IdxKind, path: string): KdflowError {
  const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
  const other: IdxKind = kind === "images" ? "labels" : "images";
  return new KdflowError("KDF_INPUT_FORMAT", `"${path}" starts with the magic number ${hex(magic)}`, {
    hint: [
      `IDX ${kind} start with ${hex(idxMagic[kind])}`,
      magic === idxMagic[other]
        ? `this is a file of ${other}; are two files swapped?`
        : "this is not an IDX file of bytes",
    ],
  });
}

function recordBytes(header: IdxHeader, kind: IdxKind, limit = Number.POSITIVE_INFINITY): number {
  return Math.min(header.count, limit) * (kind === "images" ? header.height * header.width : 1);
}

function totalBytes(header: IdxHeader, kind: IdxKind): number {
  return headerBytes[kind] + recordBytes(header, kind);
}

function assertLength(gotBytes: number, header: IdxHeader, kind: IdxKind, path: string): void {
  if (gotBytes !== totalBytes(header, kind)) throw wrongLength(gotBytes, header, kind, path);
}

function wrongLength(gotBytes: number, header: IdxHeader, kind: IdxKind, path: string): KdflowError {
  return new KdflowError(
    "KDF_INPUT_TRUNCATED",
    `"${path}" has ${gotBytes} bytes, wanted ${totalBytes(header, kind)} for ${header.count} ${kind}`,
    { hint: "download the file again" },
  );
}
