import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

export const classCount = 10;
/** Photos of sides up to this are drawn pixel by pixel: interpolating would take longer than encoding them. */
const mostDrawn = 32;
/** Photos that are encoded at once. */
const atOnce = 8;

/**
 * Writes JPEGs of random content, each different, into one folder per class. Every other pixel is drawn and those
 * between are interpolated, which makes files of about the bytes per pixel that photos have.
 */
export async function writeSyntheticPhotos(folder: string, count: number, side: number): Promise<void> {
  for (let label = 0; label < classCount; label++) await mkdir(join(folder, `class-${label}`), { recursive: true });
  const half = side <= mostDrawn ? side : Math.ceil(side / 2);
  for (let start = 0; start < count; start += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - start) }, async (_, place) => {
      const number = start + place;
      const random = generator(number + 1);
      const label = number % classCount;
      // each class has a brightness of its own, so that there is something to learn
      const pixels = Uint8Array.from({ length: half * half * 3 }, () => 10 + label * 12 + (random() >>> 25));
      await sharp(pixels, { raw: { width: half, height: half, channels: 3 } })
        .resize(side, side)
        .jpeg({ quality: 90 })
        .toFile(join(folder, `class-${label}`, `${number}.jpg`));
    });
    await Promise.all(some);
  }
}

/** Xorshift, 32 bits: fast, and the same everywhere. */
function generator(seed: number): () => number {
  let state = Math.imul(seed, 0x9e37_79b1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
