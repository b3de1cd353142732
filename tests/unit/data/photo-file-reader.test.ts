import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PhotoFileReader } from "../../../plugins/data/photos/photo-file-reader.ts";
import { writeBmp } from "../../support/photos.ts";

let folder: string;
const reader = new PhotoFileReader();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-reader-"));
});
afterAll(async () => {
  await reader.close();
  await rm(folder, { recursive: true, force: true });
});

describe("PhotoFileReader", () => {
  it("answers for each path in order, unreadable ones among them with the reason", async () => {
    const red = join(folder, "red.bmp");
    await writeBmp(red, 2, 2, Uint8Array.from([255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0]));
    const broken = join(folder, "broken.png");
    await writeFile(broken, "no picture");
    const size = { height: 1, width: 1, channels: 3 };
    const [first, second, third] = await reader.read([broken, red, join(folder, "none.jpg")], size, "crop");
    expect(first).toEqual({ reason: expect.stringMatching(/./) });
    expect(second).toEqual({ pixels: Uint8Array.of(255, 0, 0), original: { height: 2, width: 2, channels: 3 } });
    expect(third).toEqual({ reason: expect.stringMatching(/./) });
  });

  it("gives luma to models of grey images: 0.299 of red, 0.587 of green, 0.114 of blue; grey stays", async () => {
    const path = join(folder, "four.png");
    const pixels = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 77, 77, 77]);
    await sharp(pixels, { raw: { width: 4, height: 1, channels: 3 } }).toFile(path);
    const [photo] = await reader.read([path], { height: 1, width: 4, channels: 1 }, "stretch");
    expect(photo).toEqual({ pixels: Uint8Array.of(76, 150, 29, 77), original: { height: 1, width: 4, channels: 1 } });
  });

  it("finds files by any name, and the images below a folder", async () => {
    const deep = join(folder, "deep/er");
    await mkdir(deep, { recursive: true });
    for (const name of ["b.png", "a.JPG", "notes.txt"]) await writeFile(join(deep, name), "");
    expect(await reader.find(join(folder, "deep"))).toEqual({ paths: [join(deep, "a.JPG"), join(deep, "b.png")] });
    expect(await reader.find(join(deep, "notes.txt"))).toEqual({ paths: [join(deep, "notes.txt")] });
    await mkdir(join(folder, "empty"));
    expect(await reader.find(join(folder, "empty"))).toEqual({ reason: expect.stringContaining("has no images") });
  });
});
