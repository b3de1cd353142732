import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";

/** A photo of one colour with a mark in its top left corner, in the format of its name. */
export async function writePhoto(
  path: string,
  { width = 24, height = 16, colour = "#4080c0" }: { width?: number; height?: number; colour?: string } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const mark = { create: { width: 4, height: 4, channels: 3 as const, background: "#ffffff" } };
  const image = sharp({ create: { width, height, channels: 3, background: colour } });
  await image.composite([{ input: mark, left: 0, top: 0 }]).toFile(path);
}

/** A folder of one sub-folder per class, `count` different PNGs each. */
export async function writePhotoFolder(root: string, classes: readonly string[], count: number): Promise<void> {
  for (const [place, name] of classes.entries()) {
    for (let at = 0; at < count; at++) {
      const colour = { r: 60 * (place + 1), g: (at * 7) % 256, b: Math.floor((at * 7) / 256) };
      await mkdir(join(root, name), { recursive: true });
      await sharp({ create: { width: 12, height: 10, channels: 3, background: colour } })
        .png()
        .toFile(join(root, name, `${at}.png`));
    }
  }
}

/** A BMP file of 24 bits per pixel, rows from the bottom up, as other programs write them. */
export async function writeBmp(path: string, width: number, height: number, pixels: Uint8Array): Promise<void> {
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + rowBytes * height);
  bytes.write("BM", 0, "latin1");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const to = 54 + (height - 1 - y) * rowBytes + x * 3 + 2 - channel;
        bytes[to] = pixels[(y * width + x) * 3 + channel] ?? 0;
      }
    }
  }
  await writeFile(path, bytes);
}
