import { createHash } from "node:crypto";
import { KdflowError, type SplitName } from "../../core/index.ts";

/** What a dataset keeps of one image: everything but the pixels. */
export interface DataRecord {
  readonly split: SplitName;
  /** Place of the image in its file. */
  readonly fileIndex: number;
  readonly label: number;
  /** SHA-256 of pixels and label, hex. */
  readonly digest: string;
}

const splitNames: readonly SplitName[] = ["train", "validation", "test"];

/** Bytes of one record: digest 32, file index 4 (little endian), label 1, split 1, zero 2. */
const recordBytes = 40;

/** SHA-256 of an image's pixels followed by its label, hex. */
export function recordDigest(pixels: Uint8Array, label: number): string {
  return createHash("sha256").update(pixels).update(Uint8Array.of(label)).digest("hex");
}

/**
 * Whether a training record is held out: its content and the seed decide alone, so that adding records never moves old
 * ones, and equal records never stand on both sides.
 */
export function isHeldOut(digest: string, seed: number, fraction: number): boolean {
  const drawn = createHash("sha256").update(`validation ${seed} ${digest}`).digest();
  return drawn.readUIntBE(0, 6) < fraction * 2 ** 48;
}

/** `wanted` indices, evenly spaced over 0 … count − 1; all of them by default. */
export function evenlySpaced(count: number, wanted: number | undefined): number[] {
  const taken = Math.min(count, wanted ?? count);
  return Array.from({ length: taken }, (_, place) => Math.floor((place * count) / taken));
}

export function encodeRecords(records: readonly DataRecord[]): Uint8Array {
  const bytes = Buffer.alloc(records.length * recordBytes);
  for (const [row, record] of records.entries()) {
    const at = row * recordBytes;
    bytes.write(record.digest, at, "hex");
    bytes.writeUInt32LE(record.fileIndex, at + 32);
    bytes.writeUInt8(record.label, at + 36);
    bytes.writeUInt8(splitNames.indexOf(record.split), at + 37);
  }
  return bytes;
}

/** @throws KDF_STORE_DAMAGED where the bytes are not what `encodeRecords` writes */
export function decodeRecords(bytes: Buffer, file: string): DataRecord[] {
  const damaged = (what: string): KdflowError =>
    new KdflowError("KDF_STORE_DAMAGED", `"${file}" ${what}`, { hint: "kdflow cache verify sets it aside" });
  if (bytes.length % recordBytes !== 0) throw damaged("is cut");
  return Array.from({ length: bytes.length / recordBytes }, (_, row) => {
    const at = row * recordBytes;
    const split = splitNames[bytes.readUInt8(at + 37)];
    if (split === undefined) throw damaged(`names no split in record ${row}`);
    return {
      split,
      fileIndex: bytes.readUInt32LE(at + 32),
      label: bytes.readUInt8(at + 36),
      digest: bytes.toString("hex", at, at + 32),
    };
  });
}
