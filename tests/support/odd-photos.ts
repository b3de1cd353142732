import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { createRng } from "../../core/tensors/rng.ts";
import type { PhotoSource } from "../../plugins/data/photos/decode-photo.ts";

/** A photo that is decoded once: its pixels, and where kdflow reads them. */
export interface OddPhoto {
  readonly name: string;
  readonly pixels: Uint8Array;
  readonly source: PhotoSource;
}

/** Sides that photos have, and some that they should not have: width, height. */
const sides: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 3],
  [7, 5],
  [31, 31],
  [64, 48],
  [48, 64],
  [97, 131],
  [640, 427],
  [333, 500],
  [500, 375],
  [20, 600],
  [600, 20],
  [416, 416],
  [1, 90],
  [1000, 667],
  [123, 1024],
];
const ways = ["colour", "grey", "alpha", "crop"] as const;

/**
 * Photos of odd kinds: as they are, grey, with holes over black as decoding leaves them, and cut out; tiny to huge,
 * square to 1:90.
 *
 * @param photos files to make them of
 */
export async function oddPhotos(root: string, photos: string, count: number): Promise<readonly OddPhoto[]> {
  const folder = await mkdtemp(join(root, "odd-"));
  const rng = createRng(5, "odd");
  const files = (await readdir(photos)).filter((name) => /\.(jpg|png)$/.test(name)).sort();
  const made: OddPhoto[] = [];
  for (let place = 0; place < count; place++) {
    const way = ways[place % ways.length] ?? "colour";
    const isHuge = place % 67 === 66;
    const [width, height] = isHuge ? [4000, 3000] : (sides[Math.floor(place / ways.length) % sides.length] ?? [1, 1]);
    let image = sharp(join(photos, files[place % files.length] ?? "")).resize(width, height, {
      fit: way === "crop" ? "cover" : "fill",
    });
    if (way === "grey") image = image.grayscale().toColourspace("srgb");
    if (way === "alpha") {
      const hole = await holes(width, height, rng.integer(1000));
      image = sharp(await image.joinChannel(hole).png().toBuffer()).flatten({ background: "#000" });
    }
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    const pixels = info.channels === 3 ? Uint8Array.from(data) : spread(data);
    const path = join(folder, `${place}.raw`);
    await writeFile(path, pixels);
    made.push({ name: `${place} ${way} ${width}×${height}`, pixels, source: { path, offset: 0, width, height } });
  }
  return made;
}

async function holes(width: number, height: number, seed: number): Promise<Buffer> {
  const alpha = Buffer.from(
    Uint8Array.from({ length: width * height }, (_, at) => ((at * 7 + seed) % 97 > 20 ? 255 : 90)),
  );
  return sharp(alpha, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

function spread(grey: Buffer): Uint8Array {
  return Uint8Array.from({ length: grey.length * 3 }, (_, at) => grey[Math.floor(at / 3)] ?? 0);
}
