import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { checkPhoto } from "../../../plugins/data/photos/decode-photo.ts";
import { nearCopies, photoHash, type SeenPhoto } from "../../../plugins/data/photos/near-copies.ts";
import { builtins } from "../../../plugins/index.ts";

/** A scene of a few soft spots: the same for the same seed, another for another. */
async function scene(seed: number, { width = 320, height = 240 } = {}): Promise<Buffer> {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let colour = 0; colour < 3; colour++) {
        const waves = [1, 2, 3].map((n) =>
          Math.sin(seed * n * 1.7 + (x / width) * (3 + ((seed * n) % 7)) + (y / height) * (2 + ((seed + n) % 5))),
        );
        pixels[(y * width + x) * 3 + colour] = 128 + 40 * waves.reduce((sum, wave) => sum + wave, 0);
      }
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-copies-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(stages: string): Promise<string[]> {
  const file = join(folder, "pipeline.yaml");
  await writeFile(file, `kdflow: 1\nname: copies\nstages:\n  data: ${stages}\n`);
  const warned: string[] = [];
  const session = await openSession({
    file,
    builtins: [builtins],
    storeDir: join(folder, ".kdflow"),
    observe: (hooks) => {
      hooks.warning.tap("test", ({ message }) => {
        if (message.includes("nearly like")) warned.push(message);
      });
    },
  });
  const { error } = await session.run();
  expect(error).toBeUndefined();
  return warned;
}

describe("near copies across splits", () => {
  it("are warned of for photos with boxes: smaller and saved anew counts as the same", async () => {
    const root = join(folder, "boxes");
    for (const split of ["train", "val"]) {
      await mkdir(join(root, split, "images"), { recursive: true });
      await mkdir(join(root, split, "labels"), { recursive: true });
    }
    const put = async (split: string, name: string, bytes: Buffer) => {
      await writeFile(join(root, split, "images", name), bytes);
      await writeFile(join(root, split, "labels", name.replace(/\.\w+$/u, ".txt")), "0 0.5 0.5 0.2 0.2\n");
    };
    for (const seed of [1, 2, 3, 4]) await put("train", `${seed}.png`, await scene(seed));
    await put(
      "val",
      "a.jpg",
      await sharp(await scene(3))
        .resize(200, 150)
        .jpeg({ quality: 60 })
        .toBuffer(),
    );
    await put("val", "b.png", await scene(11));
    await writeFile(join(root, "data.yaml"), "train: train/images\nval: val/images\nnames: [spot]\n");
    const [warning, ...others] = await run("{ use: yolo, root: boxes, imageSize: 32 }");
    expect(others).toEqual([]);
    expect(warning).toContain("1 photo looks nearly like one of another split");
    expect(warning).toContain(`"${join(root, "val/images/a.jpg")}" like "${join(root, "train/images/3.png")}"`);
    expect(warning).toContain("groupBy");
  });

  it("are warned of for folders of images, where equal files are told of already", async () => {
    const root = join(folder, "folders");
    for (const name of ["train/spot", "val/spot", "train/wave", "val/wave"]) {
      await mkdir(join(root, name), { recursive: true });
    }
    for (const seed of [1, 2, 3]) await writeFile(join(root, "train/spot", `${seed}.png`), await scene(seed));
    for (const seed of [5, 6, 7]) await writeFile(join(root, "train/wave", `${seed}.png`), await scene(seed));
    await cp(join(root, "train/spot/1.png"), join(root, "val/spot/1.png"));
    await writeFile(
      join(root, "val/wave/6.jpg"),
      await sharp(await scene(6))
        .jpeg()
        .toBuffer(),
    );
    const [warning] = await run("{ use: image-folder, root: folders, imageSize: 32 }");
    expect(warning).toContain("1 photo looks nearly like one of another split");
    expect(warning).toContain("val/wave/6.jpg");
  });

  it("are not seen in plain pictures, which are all alike", () => {
    const plain = new Uint8Array(32 * 32 * 3).fill(90);
    expect(photoHash(plain, { width: 32, height: 32 })).toBeUndefined();
    expect(photoHash(plain.subarray(0, 3), { width: 1, height: 1 })).toBeUndefined();
  });

  it("compares rows from left to right: a rise to the right sets a bit", () => {
    const ramp = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (Math.floor(at / 3) % 32) * 8);
    expect(photoHash(ramp, { width: 32, height: 32 })).toEqual([0xffff, 0xffff, 0xffff, 0xffff]);
    expect(
      photoHash(
        Uint8Array.from(ramp, (value) => 255 - value),
        { width: 32, height: 32 },
      ),
    ).toEqual([0, 0, 0, 0]);
  });

  it("differ in three bits at most, wherever these lie, and count once", () => {
    const at = (split: SeenPhoto["split"], path: string, hash: number[]): SeenPhoto => ({ split, path, hash });
    const found = nearCopies([
      at("train", "one", [1, 2, 3, 4]),
      at("train", "two", [1, 2, 3, 4]),
      at("train", "same split", [1, 2, 3, 5]),
      at("validation", "three bits", [1 ^ 1, 2 ^ 8, 3 ^ 16, 4]),
      at("test", "four bits", [1 ^ 1, 2 ^ 8, 3 ^ 16, 4 ^ (2 ** 15)]),
      at("test", "four in one word", [1, 2, 3, 4 ^ 0xf000]),
    ]);
    // the fourth bit is near the third's photo
    expect(found).toEqual({
      count: 2,
      pairs: [
        ["three bits", "one"],
        ["four bits", "three bits"],
      ],
    });
  });

  it("look the same upright however the file stores them", async () => {
    const upright = await scene(9);
    const file = join(folder, "turned.jpg");
    await writeFile(file, await sharp(upright).rotate(90).jpeg().withMetadata({ orientation: 8 }).toBuffer());
    const plain = join(folder, "plain.png");
    await writeFile(plain, upright);
    const [turned, own] = [await checkPhoto(file), await checkPhoto(plain)];
    expect(turned).toMatchObject({ width: 320, height: 240 });
    const found = nearCopies([
      { path: "plain", split: "train", hash: own.hash },
      { path: "turned", split: "test", hash: turned.hash },
    ]);
    expect(found.count).toBe(1);
  });
});
