import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Dataset, DatasetSplit, PlanContext } from "../../../core/index.ts";
import { cifar } from "../../../plugins/data/cifar.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { cifarByte, writeTinyCifar } from "../../support/cifar.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
let root: string;
beforeEach(async () => {
  bench = await openWorkbench();
  root = join(bench.folder, "cifar");
});
afterEach(() => bench[Symbol.asyncDispose]());

const defaults = { root: "cifar", version: 10, labels: "fine", validation: 0, augment: [] };
const open = (options: object = {}): Promise<Dataset> => bench.data({ ...defaults, ...options }, 7, cifar);
const planContext = (): PlanContext => bench.context(0, bench.folder);
const planned = async (options: object = {}) =>
  cifar.describe?.({ ...defaults, ...options } as never, {}, planContext());

/** The record of a made-up file, interleaved by hand: `[32, 32, 3]`. */
function expected(file: number, record: number): Uint8Array {
  return Uint8Array.from({ length: 3072 }, (_, at) => cifarByte(file, record, (at % 3) * 1024 + Math.floor(at / 3)));
}

async function image(split: DatasetSplit, index: number): Promise<Uint8Array> {
  const out = new Uint8Array(3072);
  await split.render([index], undefined, { height: 32, width: 32, channels: 3 }, out);
  return out;
}

describe("data/cifar", () => {
  it("reads CIFAR-10's five batches and its test batch, pixel by pixel", async () => {
    await writeTinyCifar(root, 10, 12);
    const data = await open();
    expect(data.classNames).toEqual(Array.from({ length: 10 }, (_, place) => `class${place}`));
    const { train, test } = data.splits;
    expect([train.count, test.count]).toEqual([60, 12]);
    for (const [index, label] of classLabels(train).entries()) expect(label).toBe((index % 12) % 10);
    for (const index of [0, 11, 12, 59]) {
      expect(await image(train, index)).toEqual(expected(Math.floor(index / 12), index % 12));
    }
    expect(await image(test, 5)).toEqual(expected(5, 5));
  });

  it.each([
    ["fine", 100, (record: number) => record % 100],
    ["coarse", 20, (record: number) => record % 20],
  ] as const)("reads the %s labels of CIFAR-100", async (labels, classes, labelOf) => {
    await writeTinyCifar(root, 100, 30);
    const { classNames, splits } = await open({ version: 100, labels });
    expect([classNames.length, classNames[3]]).toEqual([classes, `${labels}3`]);
    expect([...classLabels(splits.train)]).toEqual(Array.from({ length: 30 }, (_, record) => labelOf(record)));
    expect(await image(splits.test, 29)).toEqual(expected(1, 29));
  });

  it("takes the first records of a limit across files, and spaced test records", async () => {
    await writeTinyCifar(root, 10, 12);
    const [all, some] = [await open(), await open({ limit: 17, testLimit: 3 })];
    expect(some.splits.train.digests).toEqual(all.splits.train.digests.slice(0, 17));
    expect(some.splits.test.digests).toEqual([0, 4, 8].map((index) => all.splits.test.digests[index]));
    expect(await image(some.splits.train, 16)).toEqual(expected(1, 4));
  });

  it("has a validation split and views as every data set", async () => {
    await writeTinyCifar(root, 10, 12);
    const data = await open({ validation: 0.4, augment: [{ use: "flip", probability: 0.5 }] });
    expect(data.splits.validation.count).toBeGreaterThan(10);
    expect(data.splits.train.count + data.splits.validation.count).toBe(60);
    expect(data.augmented).toBe(true);
  });

  it("takes the digests of all files and the class names", async () => {
    await writeTinyCifar(root, 100, 2);
    const options = { ...defaults, version: 100 } as never;
    const before = await cifar.fingerprint?.(options, planContext());
    expect(Object.keys(before ?? {}).sort()).toEqual(["classes", "test", "train1"]);
    const bytes = await readFile(join(root, "train.bin"));
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(join(root, "train.bin"), bytes);
    const after = await cifar.fingerprint?.(options, planContext());
    expect(after?.["train1"]).not.toBe(before?.["train1"]);
  });

  describe("while planning", () => {
    beforeEach(() => writeTinyCifar(root, 10, 3));

    it("finds a file of another length", async () => {
      await truncate(join(root, "data_batch_3.bin"), 3073 * 2 + 5);
      await expect(planned()).rejects.toMatchObject({
        code: "KDF_INPUT_TRUNCATED",
        message: expect.stringMatching(/data_batch_3\.bin" has 6151 bytes, which are no whole records of 3073 bytes$/),
      });
    });

    it("finds what is missing", async () => {
      await rm(join(root, "batches.meta.txt"));
      await expect(planned()).rejects.toMatchObject({ code: "KDF_INPUT_MISSING_FILE" });
      await expect(planned({ version: 100 })).rejects.toMatchObject({ code: "KDF_INPUT_MISSING_FILE" });
      await expect(planned({ root: "nowhere" })).rejects.toMatchObject({ code: "KDF_INPUT_MISSING_FILE" });
    });

    it("finds class names that do not fit, and coarse labels that are not there", async () => {
      await writeFile(join(root, "batches.meta.txt"), "cat\ndog\n");
      await expect(planned()).rejects.toMatchObject({
        code: "KDF_INPUT_CLASSES",
        message: expect.stringContaining("names 2"),
      });
      await expect(planned({ labels: "coarse" })).rejects.toMatchObject({ code: "KDF_PLAN_OPTIONS" });
    });
  });

  it("refuses a label that is no class", async () => {
    await writeTinyCifar(root, 10, 3);
    const bytes = await readFile(join(root, "test_batch.bin"));
    bytes[3073] = 10;
    await writeFile(join(root, "test_batch.bin"), bytes);
    await expect(open()).rejects.toMatchObject({
      code: "KDF_INPUT_CLASSES",
      message: expect.stringMatching(/^record 1 of ".*test_batch\.bin" has the label 10$/),
    });
  });
});
