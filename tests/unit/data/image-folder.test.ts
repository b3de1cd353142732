import { copyFile, mkdir, readFile, rename, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Dataset, type ImageSize, type PlanContext, plainView } from "../../../core/index.ts";
import { imageFolder } from "../../../plugins/data/image-folder.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { writeBmp, writePhoto, writePhotoFolder } from "../../support/photos.ts";
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
const open = (options: object = {}, seed = 7) =>
  bench.data({ ...defaults, root: "photos", ...options }, seed, imageFolder);
const planContext = (): PlanContext => bench.context(0, bench.folder);
const planned = async (options: object = {}) =>
  imageFolder.describe?.({ ...defaults, root: "photos", ...options } as never, {}, planContext());
const eight: ImageSize = { height: 8, width: 8, channels: 3 };

async function pixelsOf(data: Dataset, index: number, size = eight): Promise<Uint8Array> {
  const out = new Uint8Array(size.height * size.width * 3);
  await data.splits.train.render([index], undefined, size, out);
  return out;
}

/** RGB of one pixel. */
const at = (pixels: Uint8Array, x: number, y: number, width = 8): number[] => [
  ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

describe("data/image-folder", () => {
  it("takes sorted sub-folders as classes and every image once", async () => {
    await writePhotoFolder(root, ["zebra", "Apple", "bee"], 5);
    await writeFile(join(root, "bee", "notes.txt"), "no image");
    const data = await open();
    expect(data.classNames).toEqual(["Apple", "bee", "zebra"]);
    expect([...classLabels(data.splits.train)].sort()).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    expect(new Set(data.splits.train.digests).size).toBe(15);
    for (let index = 0; index < 15; index++) {
      const [red] = at(await pixelsOf(data, index), 3, 3);
      // zebra, Apple and bee were painted with 60, 120 and 180 of red
      expect(red).toBe({ 0: 120, 1: 180, 2: 60 }[classLabels(data.splits.train)[index] as 0 | 1 | 2]);
    }
  });

  it.each(["jpg", "png", "webp", "tiff"])("decodes %s to its colours", async (format) => {
    await writePhoto(join(root, "one", `a.${format}`), { width: 16, height: 16, colour: "#4080c0" });
    const [red = 0, green = 0, blue = 0] = at(await pixelsOf(await open(), 0), 6, 6);
    // lossy formats keep a flat colour up to a few of 255
    expect(Math.abs(red - 0x40) + Math.abs(green - 0x80) + Math.abs(blue - 0xc0)).toBeLessThan(8);
  });

  it("decodes BMP exactly", async () => {
    const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, place) => (place * 37) % 256);
    await mkdir(join(root, "one"), { recursive: true });
    await writeBmp(join(root, "one", "a.bmp"), 8, 8, pixels);
    expect(await pixelsOf(await open(), 0)).toEqual(pixels);
  });

  it("turns photos upright by their EXIF orientation", async () => {
    await mkdir(join(root, "one"), { recursive: true });
    const left = { create: { width: 16, height: 16, channels: 3 as const, background: "#ff0000" } };
    const right = { create: { width: 16, height: 16, channels: 3 as const, background: "#0000ff" } };
    await sharp({ create: { width: 32, height: 16, channels: 3, background: "#000" } })
      .composite([
        { input: left, left: 0, top: 0 },
        { input: right, left: 16, top: 0 },
      ])
      .withMetadata({ orientation: 6 })
      .png()
      .toFile(join(root, "one", "a.png"));
    const data = await open({ fit: "stretch" });
    const pixels = await pixelsOf(data, 0);
    // orientation 6: turned clockwise, so that what was on the left is on top
    expect(at(pixels, 4, 0)).toEqual([255, 0, 0]);
    expect(at(pixels, 4, 7)).toEqual([0, 0, 255]);
  });

  it("flattens alpha on black and spreads grey over three channels", async () => {
    await mkdir(join(root, "one"), { recursive: true });
    const half = { r: 200, g: 100, b: 50, alpha: 0.5 };
    await sharp({ create: { width: 8, height: 8, channels: 4, background: half } })
      .png()
      .toFile(join(root, "one", "a.png"));
    const [first] = await Promise.all([open().then((data) => pixelsOf(data, 0))]);
    // alpha 0.5 is stored as 128 of 255
    const expected = [200, 100, 50].map((value) => (value * 128) / 255);
    for (const [channel, value] of at(first, 2, 2).entries()) {
      expect(Math.abs(value - (expected[channel] ?? 0))).toBeLessThanOrEqual(1);
    }
    await sharp({ create: { width: 8, height: 8, channels: 3, background: "#777777" } })
      .greyscale()
      .png()
      .toFile(join(root, "one", "a.png"));
    expect(at(await pixelsOf(await open(), 0), 2, 2)).toEqual([0x77, 0x77, 0x77]);
  });

  it("crops the centre or stretches", async () => {
    await mkdir(join(root, "one"), { recursive: true });
    // 24 wide: 8 red, 8 green, 8 blue
    const pixels = Uint8Array.from({ length: 24 * 8 * 3 }, (_, place) =>
      place % 3 === Math.floor((Math.floor(place / 3) % 24) / 8) ? 255 : 0,
    );
    await sharp(pixels, { raw: { width: 24, height: 8, channels: 3 } })
      .png()
      .toFile(join(root, "one", "a.png"));
    const cropped = await pixelsOf(await open(), 0);
    for (const x of [0, 7]) expect(at(cropped, x, 4)).toEqual([0, 255, 0]);
    const stretched = await pixelsOf(await open({ fit: "stretch" }), 0);
    expect(at(stretched, 0, 4)).toEqual([255, 0, 0]);
    expect(at(stretched, 7, 4)).toEqual([0, 0, 255]);
  });

  it("averages what it shrinks instead of skipping pixels", async () => {
    await mkdir(join(root, "one"), { recursive: true });
    // stripes of one pixel: every other column white; skipping pixels would give black or white
    const pixels = Uint8Array.from({ length: 128 * 128 * 3 }, (_, place) => (Math.floor(place / 3) % 2) * 255);
    await sharp(pixels, { raw: { width: 128, height: 128, channels: 3 } })
      .png()
      .toFile(join(root, "one", "a.png"));
    for (const cache of [false, true]) {
      const rendered = await pixelsOf(await open({ cache }), 0);
      for (const value of rendered.subarray(3 * 8 * 3, 3 * 8 * 3 + 21)) expect(Math.abs(value - 127.5)).toBeLessThan(4);
    }
  });

  it("gives augmentations the size of each photo", async () => {
    await writePhoto(join(root, "one", "wide.png"), { width: 40, height: 10, colour: "#111111" });
    await writePhoto(join(root, "one", "tall.png"), { width: 10, height: 40, colour: "#222222" });
    const data = await open({ augment: [{ use: "shift-crop", shift: 0.5 }] });
    for (let index = 0; index < 2; index++) {
      const { width, height, left, top } = data.view("train", index, 1);
      const wide = width < height;
      expect(wide ? width : height).toBe(0.25);
      // whole pixels of the photo itself: 40 along the longer side
      const moved = (wide ? left : top) - 0.375;
      expect(moved * 40).toBeCloseTo(Math.round(moved * 40), 9);
      expect(Math.abs(moved * 40)).toBeLessThanOrEqual(20);
    }
  });

  it("mixes two photos of different sizes, each in its own crop", async () => {
    await writePhoto(join(root, "one", "wide.png"), { width: 60, height: 20, colour: "#400000" });
    await writePhoto(join(root, "one", "tall.png"), { width: 16, height: 48, colour: "#00c000" });
    const data = await open();
    const [first, second] = [0, 1].map((index) => data.view("train", index, 0));
    const [own, other] = await Promise.all([0, 1].map((index) => pixelsOf(data, index)));
    const partner = { index: 1, digest: data.splits.train.digests[1] ?? "", view: second ?? plainView };
    const view = { ...(first ?? plainView), mix: { kind: "blend" as const, share: 0.25 }, partner };
    const mixed = new Uint8Array(192);
    await data.splits.train.render([0], [view], eight, mixed);
    for (const [place, value] of mixed.entries()) {
      const expected = 0.25 * (own?.[place] ?? 0) + 0.75 * (other?.[place] ?? 0);
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(0.5);
    }
    expect(new Set(mixed).size).toBeGreaterThan(1);
  });

  it("renders into shared memory what it renders into other memory, by one thread or several", async () => {
    await writePhotoFolder(root, ["a", "b"], 10);
    const [one, three] = [await open(), await open({ workers: 3 })];
    const indices = [3, 1, 4, 1, 5, 9, 2, 6];
    const shared = new Uint8Array(new SharedArrayBuffer(16 + indices.length * 192), 16);
    await three.splits.train.render(indices, undefined, eight, shared);
    const plain = new Uint8Array(indices.length * 192);
    await one.splits.train.render(indices, undefined, eight, plain);
    expect(Uint8Array.from(shared)).toEqual(plain);
  });

  it("names a photo that vanished, and goes on after it", async () => {
    await writePhotoFolder(root, ["a"], 3);
    const data = await open();
    await truncate(join(root, "a", "1.png"), 20);
    const all = [0, 1, 2].map((index) => pixelsOf(data, index));
    const settled = await Promise.allSettled(all);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    const failed = settled.find((result) => result.status === "rejected");
    expect(failed?.reason).toMatchObject({ code: "KDF_INPUT_IMAGE", message: expect.stringContaining("1.png") });
  });

  it("refuses pixels once it is closed, and what is under way", async () => {
    await writePhotoFolder(root, ["a"], 40);
    const data = await open();
    const underWay = data.splits.train.render(
      Array.from({ length: 40 }, (_, index) => index),
      undefined,
      eight,
      new Uint8Array(40 * 192),
    );
    const refused = expect(underWay).rejects.toMatchObject({ code: "KDF_INTERNAL" });
    await data.close?.();
    await refused;
    await expect(pixelsOf(data, 0)).rejects.toMatchObject({ code: "KDF_INTERNAL" });
  });

  describe("splits", () => {
    it("are the folders train, validation and test where these are there", async () => {
      for (const [split, count] of [
        ["train", 6],
        ["validation", 2],
        ["test", 3],
      ] as const) {
        await writePhotoFolder(join(root, split), ["a", "b"], count);
      }
      const { train, validation, test } = (await open({ validation: 0.5, test: 0.5 })).splits;
      expect([train.count, validation.count, test.count]).toEqual([12, 4, 6]);
    });

    it("are drawn by content alone: names play no part, and added images move none", async () => {
      await writePhotoFolder(root, ["a", "b"], 60);
      const shares = { validation: 0.3, test: 0.2 };
      const before = await open(shares);
      await rename(join(root, "a", "0.png"), join(root, "a", "last.png"));
      const renamed = await open(shares);
      for (const file of ["records.bin", "dataset.json"]) {
        expect(await readFile(join(renamed.directory, file))).toEqual(await readFile(join(before.directory, file)));
      }
      await writePhotoFolder(root, ["c"], 20);
      const after = await open(shares);
      for (const name of ["train", "validation", "test"] as const) {
        expect(before.splits[name].count).toBeGreaterThan(10);
        expect(after.splits[name].digests).toEqual(expect.arrayContaining([...before.splits[name].digests]));
      }
      const other = await open(shares, 8);
      expect(other.splits.test.digests).not.toEqual(after.splits.test.digests);
    });

    it("keep copies of a file on one side, whatever their labels", async () => {
      await writePhotoFolder(root, ["a"], 40);
      await mkdir(join(root, "b"));
      for (let at = 0; at < 40; at++) await copyFile(join(root, "a", `${at}.png`), join(root, "b", `${at}.png`));
      const { splits } = await open({ test: 0.3, validation: 0.3 });
      for (const name of ["train", "validation", "test"] as const) {
        const labels = [...classLabels(splits[name])];
        expect(labels.filter((label) => label === 0)).toHaveLength(labels.length / 2);
      }
    });

    it("take the first images of a limit, which a larger one only adds to", async () => {
      await writePhotoFolder(root, ["a", "b"], 30);
      const [few, many] = [await open({ limit: 10 }), await open({ limit: 25 })];
      expect([few.splits.train.count, many.splits.train.count]).toEqual([10, 25]);
      expect(many.splits.train.digests.slice(0, 10)).toEqual(few.splits.train.digests);
      expect(new Set(classLabels(few.splits.train)).size).toBe(2);
    });
  });

  describe("identity", () => {
    const fingerprint = () => imageFolder.fingerprint?.({ ...defaults, root: "photos" } as never, planContext());

    it("changes with content, labels and the decoder, not with names", async () => {
      await writePhotoFolder(root, ["a", "b"], 3);
      const before = await fingerprint();
      expect(before).toEqual({
        files: expect.stringMatching(/^[0-9a-f]{64}$/),
        decoder: expect.stringContaining("libvips"),
      });
      await rename(join(root, "a", "0.png"), join(root, "a", "other.png"));
      expect(await fingerprint()).toEqual(before);
      await rename(join(root, "a", "1.png"), join(root, "b", "moved.png"));
      expect((await fingerprint())?.["files"]).not.toBe(before?.["files"]);
    });

    it("holds how photos are decoded and fitted, which soft labels are made for", async () => {
      await writePhotoFolder(root, ["a"], 3);
      const specs = [await open(), await open({ fit: "stretch" }), await open({ cache: true })].map(
        (data) => data.viewSpec,
      );
      expect(new Set(specs).size).toBe(3);
      for (const spec of specs) expect(spec).toContain("libvips");
    });
  });

  describe("with a cache", () => {
    it("packs photos at their bounded size, in parts that are used again, and needs the files no more", async () => {
      await writePhotoFolder(root, ["a", "b"], 6);
      const first = await open({ cache: true });
      const references = JSON.parse(await readFile(join(first.directory, "references.json"), "utf8")) as string[];
      expect(references).toHaveLength(1);
      const folder = await bench.context(0, bench.folder).parts.find(references[0] ?? "");
      // shorter side ⌈1.15 · 8⌉ = 10, as it is: 12 × 10 × 3 bytes
      expect((await readFile(join(folder ?? "", "pixels.bin"))).length).toBe(12 * 12 * 10 * 3);
      const plain = await Promise.all([0, 5, 11].map((index) => pixelsOf(first, index)));
      await rename(root, join(bench.folder, "elsewhere"));
      expect(await Promise.all([0, 5, 11].map((index) => pixelsOf(first, index)))).toEqual(plain);
    });

    it("renders photos that are no larger than it keeps exactly as without", async () => {
      await writePhotoFolder(root, ["a", "b"], 6);
      const [packed, plain] = [await open({ cache: true }), await open()];
      for (const index of [0, 7, 11]) expect(await pixelsOf(packed, index)).toEqual(await pixelsOf(plain, index));
    });
  });

  describe("lists", () => {
    const list = (text: string, name = "list.csv") => writeFile(join(bench.folder, name), text);

    it("name images, labels and splits", async () => {
      await writePhotoFolder(root, ["a", "b"], 3);
      await list('path,label,split\na/0.png,"x, y",train\nb/0.png,w,train\na/1.png,w,test\n"b/2.png",w,validation\n');
      const data = await open({ list: "list.csv" });
      expect(data.classNames).toEqual(["w", "x, y"]);
      expect(
        [data.splits.train, data.splits.validation, data.splits.test].map((split) => [...classLabels(split)].sort()),
      ).toEqual([[0, 1], [0], [0]]);
    });

    it("may be JSON, with paths from their own folder", async () => {
      await writePhotoFolder(root, ["a"], 2);
      await list(
        JSON.stringify([
          { path: "photos/a/0.png", label: "x" },
          { path: "photos/a/1.png", label: "y" },
        ]),
        "l.json",
      );
      const data = await open({ list: "l.json", root: undefined });
      expect([data.classNames, data.splits.train.count]).toEqual([["x", "y"], 2]);
    });

    it.each([
      ["path,class\na,b\n", "KDF_INPUT_FORMAT", /has the columns "path", "class"/],
      ["path,label\na/0.png\n", "KDF_INPUT_FORMAT", /line 2 .* has 1 columns, wanted 2/],
      ["path,label,split\na/0.png,x,dev\n", "KDF_INPUT_FORMAT", /names the split "dev"/],
      ["path,label\na/9.png,x\n", "KDF_INPUT_MISSING_FILE", /line 2 .* names ".*9\.png", which is not there/],
      ["path,label\n", "KDF_INPUT_EMPTY", /names no images/],
    ])("are refused: %j", async (text, code, message) => {
      await writePhotoFolder(root, ["a"], 1);
      await list(text);
      await expect(planned({ list: "list.csv" })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    });

    it("are refused where JSON has other keys", async () => {
      await list('[{ "file": "a", "label": "b" }]', "l.json");
      await expect(planned({ list: "l.json" })).rejects.toMatchObject({
        code: "KDF_INPUT_FORMAT",
        message: expect.stringContaining('has a key "file"'),
      });
    });
  });

  describe("bad input", () => {
    it("names images that do not decode, and why", async () => {
      await writePhotoFolder(root, ["a"], 6);
      await writePhoto(join(root, "a", "cut.jpg"), { width: 300, height: 200 });
      const { size } = await stat(join(root, "a", "cut.jpg"));
      await truncate(join(root, "a", "cut.jpg"), Math.floor(size * 0.7));
      await writeFile(join(root, "a", "text.png"), "no image at all");
      await expect(open()).rejects.toMatchObject({
        code: "KDF_INPUT_IMAGE",
        message: "2 images do not decode, `maxBadImages` is 0",
        hint: expect.arrayContaining([
          expect.stringMatching(/cut\.jpg": .*premature end/i),
          expect.stringMatching(/text\.png": .*unsupported image format/),
        ]),
      });
      const data = await open({ maxBadImages: 2 });
      expect(data.splits.train.count).toBe(6);
      expect(bench.notes.warnings).toMatchObject([
        {
          event: "badImages",
          message: expect.stringMatching(/^2 of 8 images do not decode and are left out: .*cut\.jpg/),
        },
      ]);
    });

    it("finds what is missing before anything is computed", async () => {
      await expect(planned()).rejects.toMatchObject({ code: "KDF_INPUT_MISSING_FILE" });
      await mkdir(root);
      await expect(planned()).rejects.toMatchObject({ code: "KDF_INPUT_NO_CLASSES" });
      await mkdir(join(root, "a"));
      await expect(planned()).rejects.toMatchObject({
        code: "KDF_INPUT_EMPTY",
        message: expect.stringContaining('class "a" has no images'),
      });
      await expect(planned({ root: undefined })).rejects.toMatchObject({ code: "KDF_PLAN_OPTIONS" });
    });

    it("refuses a class that the training folder lacks", async () => {
      await writePhotoFolder(join(root, "train"), ["a"], 1);
      await writePhotoFolder(join(root, "test"), ["a", "b"], 1);
      await expect(planned()).rejects.toMatchObject({
        code: "KDF_INPUT_CLASSES",
        message: expect.stringContaining('"b"'),
      });
    });

    it("refuses shares that leave a split empty", async () => {
      await writePhotoFolder(root, ["a"], 1);
      await expect(open({ test: 0.1 })).rejects.toMatchObject({ code: "KDF_INPUT_EMPTY" });
    });
  });
});
