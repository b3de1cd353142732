import { open, readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { decodeBmp, type RgbImage } from "./bmp.ts";
import { decodedKinds, imageKindOf } from "./image-kind.ts";
import { type PhotoHash, photoHash } from "./near-copies.ts";

/** Width and height in pixels, upright. */
export interface PhotoSize {
  readonly width: number;
  readonly height: number;
}

/** Where the pixels of a photo come from: its own file, or a run of bytes in a file of decoded photos. */
export interface PhotoSource extends PhotoSize {
  readonly path: string;
  /** Where uint8 `[height, width, 3]` begins in `path`; left out where the file is to be decoded. */
  readonly offset?: number;
}

/** Side of the small picture that a whole decoding is checked with. */
const checkSide = 32;
/** Numbers of a pixel whose black and white are known: 8 and 16 bits without a sign. */
const wholeNumbers: ReadonlySet<string> = new Set(["uchar", "ushort"]);
/** A picture may have this many pixels at most, a square of 16 384: larger ones are a fault or an attack. */
const mostPixels = 2 ** 28;

/** What decides the pixels of a decoded file, beside the file. */
export const decoderName: string = `libvips ${sharp.versions.vips}, sRGB, black under alpha, triangle filter`;

/** Threads are ours to count, and no file is read twice while it is remembered. */
export function prepareDecoder(): void {
  sharp.cache(false);
  sharp.concurrency(1);
}

/**
 * The upright size of a photo and what it looks like, after decoding all of it: what is cut or broken in the middle is
 * found here.
 *
 * @throws Error saying in a few words why it does not decode
 */
export async function checkPhoto(path: string): Promise<PhotoSize & { readonly hash: PhotoHash | undefined }> {
  const image = await openPhoto(path);
  const { autoOrient, depth } = await image.metadata();
  if (!wholeNumbers.has(depth)) {
    throw new Error(
      `its pixels are numbers of the type ${depth}, whose white nobody can know; save it with 8 or 16 bits`,
    );
  }
  const { width, height } = autoOrient;
  const small = { width: Math.min(width, checkSide), height: Math.min(height, checkSide) };
  return { width, height, hash: photoHash(await rgbPixels(image, small), small) };
}

/**
 * Pixels of a photo at a size, uint8 `[height, width, 3]`: turned upright by its EXIF orientation, converted to sRGB,
 * grey in all three channels, alpha flattened on black. Where it shrinks, every pixel of the file counts (a triangle
 * filter as wide as the reduction, after the decoder's own shrinking of JPEG and WebP by powers of two where at least a
 * factor of two is left for the filter), so that nothing is aliased.
 */
export async function decodePhoto(source: PhotoSource, size: PhotoSize): Promise<Uint8Array> {
  if (source.offset === undefined) return rgbPixels(await openPhoto(source.path), size);
  const pixels = await readStored(source, source.offset);
  if (size.width === source.width && size.height === source.height) return pixels;
  return resizedPixels({ width: source.width, height: source.height, pixels }, size);
}

async function openPhoto(path: string): Promise<Sharp> {
  const kind = await imageKindOf(path);
  if (kind === "BMP") return rawImage(decodeBmp(await readFile(path)));
  if (kind !== undefined && !decodedKinds.includes(kind)) {
    throw new Error(`it is ${kind}, which is not decoded; save it as JPEG or PNG`);
  }
  return sharp(path, { failOn: "error", limitInputPixels: mostPixels, sequentialRead: true });
}

/** Decoded pixels at another size, as {@link decodePhoto} has them. */
export function resizedPixels(image: RgbImage, size: PhotoSize): Promise<Uint8Array> {
  return rgbPixels(rawImage(image), size);
}

function rawImage({ width, height, pixels }: RgbImage): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

async function rgbPixels(image: Sharp, { width, height }: PhotoSize): Promise<Uint8Array> {
  const { data, info } = await image
    .autoOrient()
    .resize(width, height, { fit: "fill", kernel: "linear", fastShrinkOnLoad: false })
    .flatten({ background: "#000" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return data;
  if (info.channels === 1)
    return Uint8Array.from({ length: data.length * 3 }, (_, at) => data[Math.floor(at / 3)] ?? 0);
  throw new Error(`it decodes to ${info.channels} channels`);
}

async function readStored({ path, width, height }: PhotoSource, offset: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const pixels = new Uint8Array(width * height * 3);
    const { bytesRead } = await file.read(pixels, 0, pixels.length, offset);
    if (bytesRead < pixels.length) throw new Error(`it ends at byte ${offset + bytesRead}`);
    return pixels;
  } finally {
    await file.close();
  }
}
