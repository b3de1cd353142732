import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Dataset } from "../../../core/index.ts";
import { imageFolder } from "../../../plugins/data/image-folder.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { writeBmp, writePhotoFolder } from "../../support/photos.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
let root: string;
beforeEach(async () => {
  bench = await openWorkbench();
  root = join(bench.folder, "photos");
});
afterEach(() => bench[Symbol.asyncDispose]());

const defaults = {
  validation: 0,
  test: 0,
  maxBadImages: 0,
  imageSize: 8,
  fit: "crop",
  cache: false,
  workers: 1,
  augment: [],
};
const open = (options: object = {}): Promise<Dataset> =>
  bench.data({ ...defaults, root: "photos", ...options }, 7, imageFolder);
const planned = async (options: object = {}): Promise<unknown> =>
  imageFolder.describe?.({ ...defaults, root: "photos", ...options } as never, {}, bench.context(0, bench.folder));
const told = (): string => bench.notes.warnings.map(({ message }) => message).join("\n");
const counts = ({ splits }: Dataset): number[] => [splits.train.count, splits.validation.count, splits.test.count];

/** PNGs that no two calls share. */
let painted = 0;
async function paint(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let at = 0; at < count; at++) {
    const background = { r: painted % 256, g: Math.floor(painted++ / 256), b: 77 };
    await sharp({ create: { width: 8, height: 8, channels: 3, background } })
      .png()
      .toFile(join(folder, `${at}.png`));
  }
}

describe("folders of data/image-folder", () => {
  it.each([
    ["train", "val", "test"],
    ["Train", "Valid", "Test"],
    ["training", "dev", "testing"],
  ])("are splits where they are called %s, %s and %s", async (train, validation, test) => {
    for (const name of ["cat", "dog"]) {
      await paint(join(root, train, name), 3);
      await paint(join(root, validation, name), 2);
      await paint(join(root, test, name), 1);
    }
    const data = await open({ validation: 0.1, test: 0.1 });
    expect(data.classNames).toEqual(["cat", "dog"]);
    expect(counts(data)).toEqual([6, 4, 2]);
  });

  it("are classes where they hold images beside other classes, whatever they are called", async () => {
    for (const name of ["bus", "car", "train"]) await paint(join(root, name), 2);
    await paint(join(root, "train", "steam"), 1);
    const data = await open();
    expect(data.classNames).toEqual(["bus", "car", "train"]);
    expect([...classLabels(data.splits.train)].sort()).toEqual([0, 0, 1, 1, 2, 2, 2]);
  });

  it("are refused where two stand for one split, or none for training", async () => {
    for (const name of ["train", "val", "valid"]) await paint(join(root, name, "cat"), 1);
    await expect(planned()).rejects.toMatchObject({
      code: "KDF_INPUT_CLASSES",
      message: expect.stringContaining('two folders of one split: "val" and "valid"'),
    });
    for (const name of ["val", "test"]) await paint(join(root, "other", name, "cat"), 1);
    await expect(planned({ root: "photos/other" })).rejects.toMatchObject({ code: "KDF_INPUT_NO_CLASSES" });
  });

  it("are refused where images lie beside folders of splits", async () => {
    for (const name of ["train", "test"]) await paint(join(root, name, "cat"), 1);
    await paint(join(root, "extra"), 1);
    await expect(planned()).rejects.toMatchObject({
      code: "KDF_INPUT_CLASSES",
      message: expect.stringContaining("extra"),
    });
  });

  it("are refused one level too high, naming the folder below", async () => {
    for (const name of ["cat", "dog"]) await paint(join(root, "archive", name), 1);
    await expect(planned()).rejects.toMatchObject({
      code: "KDF_INPUT_NO_CLASSES",
      message: expect.stringContaining('"archive" alone'),
      hint: expect.arrayContaining([expect.stringContaining("cat, dog")]),
    });
  });

  it("are one class where their names look the same, and two are refused that differ in case alone", async () => {
    for (const name of ["cat", "cat ", "caf\u00e9", "cafe\u0301"]) await paint(join(root, name), 1);
    const data = await open();
    expect(data.classNames).toEqual(["caf\u00e9", "cat"]);
    expect(told()).toMatch(/class "cat" is written in 2 ways/);
    expect(told()).toMatch(/class "caf\u00e9" is written in 2 ways/);
    await paint(join(root, "Cat"), 1);
    await expect(planned()).rejects.toMatchObject({
      code: "KDF_INPUT_CLASSES",
      message: 'classes "Cat" and "cat" differ in upper and lower case alone',
    });
  });
});

describe("images of data/image-folder", () => {
  it("are told by their content, and what is none is counted once", async () => {
    await paint(join(root, "cat"), 1);
    const images = sharp({ create: { width: 8, height: 8, channels: 3, background: "#123456" } });
    await images
      .clone()
      .jpeg()
      .toFile(join(root, "cat", "a.jfif"));
    await images
      .clone()
      .avif({ lossless: true })
      .toFile(join(root, "cat", "b.avif"));
    await writeFile(join(root, "cat", "c.jpg_large"), await images.clone().webp().toBuffer());
    await writeBmp(join(root, "cat", "d.jpg"), 8, 8, new Uint8Array(8 * 8 * 3).fill(9));
    await writeFile(join(root, "cat", "notes.txt"), "BM, no image");
    await writeFile(join(root, "cat", "clip.mov"), "moov");
    await symlink("nowhere", join(root, "cat", "lost.png"));
    await symlink(root, join(root, "cat", "round"));
    await paint(root, 1);
    const data = await open();
    expect(data.splits.train.count).toBe(5);
    expect(told()).toMatch(/2 files are no image by content and passed over: 1 \.mov, 1 \.txt/);
    expect(told()).toMatch(/1 link leads nowhere and is passed over, such as ".*lost\.png"/);
    expect(told()).toMatch(/1 linked folders contain themselves/);
    expect(told()).toMatch(/1 image lies beside the folders of classes/);
  });

  it("are followed into linked folders", async () => {
    await paint(join(bench.folder, "elsewhere"), 2);
    await paint(join(root, "cat"), 1);
    await symlink(join(bench.folder, "elsewhere"), join(root, "cat", "more"));
    expect((await open()).splits.train.count).toBe(3);
  });

  it.each([
    ["HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"), /it is HEIC, which is not decoded/],
    ["JPEG 2000", Buffer.from("\0\0\0\x0cjP  \r\n\x87\n", "latin1"), /it is JPEG 2000, which is not decoded/],
  ])("of %s are refused by name", async (_, bytes, reason) => {
    await paint(join(root, "cat"), 1);
    await writeFile(join(root, "cat", "a.heic"), bytes);
    await expect(open()).rejects.toMatchObject({
      code: "KDF_INPUT_IMAGE",
      hint: expect.arrayContaining([expect.stringMatching(reason)]),
    });
  });

  it("of floating-point numbers are refused", async () => {
    await mkdir(join(root, "cat"), { recursive: true });
    const pixels = sharp(new Float32Array(64).fill(0.3), { raw: { width: 8, height: 8, channels: 1 } });
    await pixels
      .toColourspace("b-w")
      .tiff({ compression: "none" })
      .toFile(join(root, "cat", "whole.tif"));
    expect((await open()).splits.train.count).toBe(1);
    await writeFile(join(root, "cat", "float.tif"), floatTiff(8, 0.3));
    await expect(open()).rejects.toMatchObject({
      code: "KDF_INPUT_IMAGE",
      hint: expect.arrayContaining([expect.stringMatching(/numbers of the type float/)]),
    });
  });

  it("that stand in two splits or under two classes are counted", async () => {
    await writePhotoFolder(join(root, "train"), ["a", "b"], 2);
    await writePhotoFolder(join(root, "test"), ["a", "b"], 1);
    await writePhotoFolder(join(root, "train", "b"), ["copy"], 1);
    await open();
    expect(told()).toMatch(/2 stand in more than one split/);
    expect(told()).toMatch(/1 stand under more than one class/);
  });
});

describe("lists of data/image-folder", () => {
  const list = (text: string | Buffer): Promise<void> => writeFile(join(bench.folder, "list.csv"), text);

  it("name a file once, and classes that look the same as one", async () => {
    await paint(join(root, "a"), 2);
    await list("path,label\na/0.png,cat\n./a/../a/0.png,cat\na/1.png,cat \n");
    const data = await open({ list: "list.csv" });
    expect([data.classNames, data.splits.train.count]).toEqual([["cat"], 2]);
    expect(told()).toMatch(/1 row of ".*list\.csv" name an image again/);
    expect(told()).toMatch(/class "cat" is written in 2 ways/);
  });

  it.each([
    ["path,label\na/0.png,cat\na/0.png,dog\n", "KDF_INPUT_FORMAT", /^line 3 .* two labels: "cat" and "dog"$/],
    [
      "path,label,split\na/0.png,cat,train\na/0.png,cat,test\n",
      "KDF_INPUT_FORMAT",
      /^line 3 .* two splits: "train" and "test"$/,
    ],
    [
      "path,label,split\na/0.png,dog,train\na/1.png,dgo,test\n",
      "KDF_INPUT_CLASSES",
      /^line 3 .* "dgo" that no training row has$/,
    ],
    ["path,label\na/0.png,Cat\na/1.png,cat\n", "KDF_INPUT_CLASSES", /differ in upper and lower case alone$/],
    [Buffer.from("path,label\na/0.png,caf\u00e9\n", "latin1"), "KDF_INPUT_FORMAT", /^line 2 .* is not UTF-8/],
    [
      Buffer.from("path,label\na/0.png,cat\n", "utf16le"),
      "KDF_INPUT_FORMAT",
      /^line 1 .* UTF-16 without a byte order mark/,
    ],
  ])("are refused: %j", async (text, code, message) => {
    await paint(join(root, "a"), 2);
    await list(text);
    await expect(planned({ list: "list.csv" })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("may be UTF-16 with its mark, and write accents of file names in the other way", async () => {
    await paint(join(root, "a\u0301"), 1);
    await list(Buffer.from("\ufeffpath,label\n\u00e1/0.png,caf\u00e9\n", "utf16le"));
    expect((await open({ list: "list.csv" })).classNames).toEqual(["caf\u00e9"]);
  });
});

/** A grey TIFF of float32 numbers, `[side, side]`, all of one value. */
function floatTiff(side: number, value: number): Buffer {
  const tags: readonly (readonly [number, number, number])[] = [
    [256, 3, side],
    [257, 3, side],
    [258, 3, 32],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8 + 2 + 10 * 12 + 4],
    [277, 3, 1],
    [278, 3, side],
    [279, 4, side * side * 4],
    [339, 3, 3],
  ];
  const head = Buffer.alloc(8 + 2 + tags.length * 12 + 4);
  head.write("II*\0", 0, "latin1");
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  for (const [place, [tag, type, number]] of tags.entries()) {
    const at = 10 + place * 12;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(1, at + 4);
    head.writeUInt32LE(number, at + 8);
  }
  return Buffer.concat([head, Buffer.from(new Float32Array(side * side).fill(value).buffer)]);
}
