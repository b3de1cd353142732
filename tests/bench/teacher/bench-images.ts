import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

/** Classes of the synthetic images; a teacher for another number would not be asked. */
export const classes = 2;
export const side = 224;

/** What both rivals read, and how a pipeline says it. */
export interface BenchImages {
  readonly kind: "folder" | "raw";
  readonly count: number;
  /** Options of the `data` stage, as YAML. */
  readonly data: string;
  /** What `torch_teacher.py` is told. */
  readonly torch: string;
}

/** JPEG files of 320 × 240, half of each class: waves with noise, about as hard to decode as photos. */
export async function writeFolder(folder: string, count: number): Promise<BenchImages> {
  const [width, height] = [320, 240];
  for (let name = 0; name < classes; name++) await mkdir(join(folder, `class-${name}`), { recursive: true });
  for (let image = 0; image < count; image++) {
    const pixels = wave(image, width, height, 3);
    const file = join(folder, `class-${image % classes}`, `${String(image).padStart(6, "0")}.jpg`);
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(file);
  }
  return {
    kind: "folder",
    count,
    data: `{ use: image-folder, root: ${JSON.stringify(folder)}, validation: 0 }`,
    torch: folder,
  };
}

/** Grey images of 224 × 224 bytes in IDX files. */
export async function writeRaw(folder: string, count: number): Promise<BenchImages> {
  await mkdir(folder, { recursive: true });
  for (const [name, images] of [
    ["train", count],
    ["t10k", 2],
  ] as const) {
    const pixels = Buffer.concat(Array.from({ length: images }, (_, image) => wave(image, side, side, 1)));
    await writeFile(
      join(folder, `${name}-images-idx3-ubyte`),
      Buffer.concat([words(0x803, images, side, side), pixels]),
    );
    const labels = Buffer.from(Array.from({ length: images }, (_, image) => image % classes));
    await writeFile(join(folder, `${name}-labels-idx1-ubyte`), Buffer.concat([words(0x801, images), labels]));
  }
  const data = `{ use: mnist, root: ${JSON.stringify(folder)}, validation: 0 }`;
  return { kind: "raw", count, data, torch: `${side}:${join(folder, "train-images-idx3-ubyte")}` };
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [place, value] of values.entries()) bytes.writeUInt32BE(value, place * 4);
  return bytes;
}

function wave(image: number, width: number, height: number, channels: number): Buffer {
  const pixels = Buffer.alloc(width * height * channels);
  let noise = image * 2_654_435_761 + 1;
  for (let at = 0; at < pixels.length; at++) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    const x = Math.floor(at / channels) % width;
    const y = Math.floor(at / channels / width);
    pixels[at] =
      128 + 70 * Math.sin((x * (1 + (image % 7))) / 40 + (at % channels)) * Math.cos(y / 30) + (noise >>> 27);
  }
  return pixels;
}
