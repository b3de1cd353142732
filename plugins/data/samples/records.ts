import { createHash } from "node:crypto";
import { KdflowError, type SplitName } from "../../../core/index.ts";

/** What a dataset keeps of one image: everything but the pixels. */
export interface DataRecord {
  readonly split: SplitName;
  /** Place of the image in its file; 0 where every image has a file of its own. */
  readonly fileIndex: number;
  /** Class index; {@link unlabelled} where there is none. */
  readonly label: number;
  /** Size of the image itself in pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** SHA-256 of content and label, hex. */
  readonly digest: string;
}

/** The label of an image that has none. */
export const unlabelled = -1;

const splitNames: readonly SplitName[] = ["train", "validation", "test"];

/** Bytes of one record: digest 32, then little endian file index 4, label 4 (signed), width 4, height 4, split 4. */
const recordBytes = 52;

/** SHA-256 of an image's pixels followed by its label, hex. */
export function recordDigest(pixels: Uint8Array, label: number): string {
  return createHash("sha256").update(pixels).update(Uint8Array.of(label)).digest("hex");
}

/**
 * Whether a training record is held out: its content and the seed decide alone, so that adding records never moves old
 * ones, and equal records never stand on both sides.
 *
 * @param purpose what it is held out for; draws for different splits are independent
 */
export function isHeldOut(
  digest: string,
  seed: number,
  fraction: number,
  purpose: "validation" | "test" = "validation",
): boolean {
  const drawn = createHash("sha256").update(`${purpose} ${seed} ${digest}`).digest();
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
    bytes.writeInt32LE(record.label, at + 36);
    bytes.writeUInt32LE(record.width, at + 40);
    bytes.writeUInt32LE(record.height, at + 44);
    bytes.writeUInt32LE(splitNames.indexOf(record.split), at + 48);
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
    const split = splitNames[bytes.readUInt32LE(at + 48)];
    if (split === undefined) throw damaged(`names no split in record ${row}`);
    return {
      split,
      fileIndex: bytes.readUInt32LE(at + 32),
      label: bytes.readInt32LE(at + 36),
      width: bytes.readUInt32LE(at + 40),
      height: bytes.readUInt32LE(at + 44),
      digest: bytes.toString("hex", at, at + 32),
    };
  });
}
