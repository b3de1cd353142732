import { type FileHandle, open } from "node:fs/promises";

/** What an image file is, by its first bytes. */
export type ImageKind = "JPEG" | "PNG" | "WebP" | "BMP" | "TIFF" | "GIF" | "AVIF" | "HEIC" | "JPEG 2000" | "JPEG XL";

/** Those that the decoder reads. */
export const decodedKinds: readonly ImageKind[] = ["JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF", "AVIF"];

const headBytes = 32;
/** Brands of the ISO base media format, and what they hold. */
const brands: Readonly<Record<string, ImageKind>> = {
  avif: "AVIF",
  avis: "AVIF",
  heic: "HEIC",
  heix: "HEIC",
  hevc: "HEIC",
  heim: "HEIC",
  heis: "HEIC",
};

/** The first bytes of each kind, in hex. */
const beginnings: readonly (readonly [ImageKind, RegExp])[] = [
  ["JPEG", /^ffd8ff/],
  ["PNG", /^89504e470d0a1a0a/],
  ["WebP", /^52494646.{8}57454250/],
  ["TIFF", /^(?:49492[ab]00|4d4d002[ab])/],
  ["GIF", /^474946383[79]61/],
  // the size of the information header tells it from text that begins with BM
  ["BMP", /^424d.{24}(?:0c|28|34|38|40|6c|7c)000000/],
  ["JPEG 2000", /^(?:0000000c6a502020|ff4fff51)/],
  ["JPEG XL", /^(?:ff0a|0000000c4a584c20)/],
];

/** What image a file holds by its content, whatever its name; `undefined` where it is none that is known. */
export async function imageKindOf(path: string): Promise<ImageKind | undefined> {
  const file: FileHandle = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return imageKind(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function imageKind(head: Buffer): ImageKind | undefined {
  const hex = head.toString("hex");
  const found = beginnings.find(([, beginning]) => beginning.test(hex));
  if (found !== undefined) return found[0];
  const text = head.toString("latin1");
  if (text.slice(4, 8) !== "ftyp") return undefined;
  // the main brand, then those that the file is compatible with
  const named = [text.slice(8, 12), ...(text.slice(16).match(/[\s\S]{4}/g) ?? [])];
  return named.map((brand) => brands[brand]).find((kind) => kind !== undefined);
}
