import { readdir, readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Dataset } from "../../../core/index.ts";
import { logits } from "../../../plugins/soft-labels/logits.ts";
import { rowWidth } from "../../../plugins/tasks/outputs/answer-rows.ts";
import { askedBefore, linearTeacher } from "../../support/linear-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

const shiftAugment = [{ use: "shift-crop", shift: 0.125 }];

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 60, test: 10 });
});
afterEach(() => bench[Symbol.asyncDispose]());

const tinyData = (options: object = {}): Promise<Dataset> => bench.data({ root: "mnist", ...options });

async function shardFiles(directory: string): Promise<string[]> {
  const keys = JSON.parse(await readFile(join(directory, "references.json"), "utf8")) as string[];
  return keys.map((key) => join(bench.store.layout.artifacts, key, "labels.arrow"));
}

async function readAll(directory: string, indices: number[], views: number[]): Promise<number[][]> {
  const labels = await bench.open(directory);
  const width = rowWidth(labels.outputs);
  const out = new Float32Array(indices.length * width);
  await labels.read(indices, views, out);
  await labels.close();
  return indices.map((_, row) => [...out.subarray(row * width, (row + 1) * width)]);
}

/** What the teacher says of one view, asked directly. */
async function ask(dataset: Dataset, sample: number, view: number, teacher = linearTeacher()): Promise<number[]> {
  const { height, width, channels } = teacher.imageSize;
  const pixels = new Uint8Array(height * width * channels);
  await dataset.splits.train.render([sample], [dataset.view("train", sample, view)], teacher.imageSize, pixels);
  return [...((await teacher.predict(pixels, 1))["logits"] ?? [])];
}

describe("softLabels/logits", () => {
  it("gives back float32 logits exactly, of every sample and view, in any order", async () => {
    const data = await tinyData({ augment: shiftAugment });
    const teacher = linearTeacher();
    const directory = await bench.label(
      { views: 3, precision: "float32", shardSize: 16, batchSize: 7 },
      { data, teacher },
    );
    expect(teacher.images).toBe(askedBefore + 3 * data.splits.train.count);
    const [first, ...rest] = await readAll(directory, [50, 3, 16, 3], [2, 0, 1, 1]);
    expect(first).toEqual(await ask(data, 50, 2));
    expect(rest).toEqual([await ask(data, 3, 0), await ask(data, 16, 1), await ask(data, 3, 1)]);
  });

  it("rounds float16 logits by at most half a unit in the last place", async () => {
    const data = await tinyData();
    const directory = await bench.label({ shardSize: 16 }, { data, teacher: linearTeacher() });
    const [row] = await readAll(directory, [5], [0]);
    for (const [index, logit] of (await ask(data, 5, 0)).entries()) {
      expect(Math.abs((row?.[index] ?? 0) - logit)).toBeLessThanOrEqual(Math.abs(logit) * 2 ** -11 + 2 ** -25);
    }
  });

  it("renders at the teacher's own input size", async () => {
    const data = await tinyData({ augment: shiftAugment });
    const imageSize = { height: 14, width: 20, channels: 3 };
    const directory = await bench.label(
      { precision: "float32", views: 2 },
      { data, teacher: linearTeacher({ imageSize }) },
    );
    expect(await readAll(directory, [9], [1])).toEqual([await ask(data, 9, 1, linearTeacher({ imageSize }))]);
  });

  it("writes files that the Arrow library reads, with what they are in their metadata", async () => {
    const data = await tinyData({ augment: shiftAugment });
    const teacher = linearTeacher();
    const directory = await bench.label({ views: 2, shardSize: 20 }, { data, teacher });
    const [path = ""] = (await shardFiles(directory)).slice(-1);
    const table = tableFromIPC(await readFile(path));
    const count = data.splits.train.count % 20;
    const first = data.splits.train.count - count;
    expect(table.numRows).toBe(2 * count);
    expect([...(table.getChild("sample")?.toArray() ?? [])].slice(0, 3)).toEqual([first, first, first + 1]);
    expect([...(table.getChild("view")?.toArray() ?? [])].slice(0, 3)).toEqual([0, 1, 0]);
    expect(table.schema.metadata.get("kdflow.teacher")).toBe(teacher.digest);
    expect(table.schema.metadata.get("kdflow.viewSpec")).toBe(data.viewSpec);
    const stored = table.getChild("logits")?.get(3);
    expect([...stored]).toEqual((await readAll(directory, [first + 1], [1]))[0]);
  });

  it("stores the top K and spreads the rest of the mass evenly", async () => {
    const data = await tinyData();
    const directory = await bench.label({ topK: 3, precision: "float32" }, { data, teacher: linearTeacher() });
    const [row = []] = await readAll(directory, [11], [0]);
    const full = softmax(await ask(data, 11, 0));
    const read = softmax(row);
    const order = full.map((_, index) => index).sort((a, b) => (full[b] ?? 0) - (full[a] ?? 0));
    for (const index of order.slice(0, 3)) expect(read[index]).toBeCloseTo(full[index] ?? 0, 6);
    const rest = order.slice(3).reduce((sum, index) => sum + (full[index] ?? 0), 0);
    for (const index of order.slice(3)) expect(read[index]).toBeCloseTo(rest / 7, 6);
  });

  it("computes nothing the second time and writes the same bytes", async () => {
    const data = await tinyData({ augment: shiftAugment });
    const options = { views: 2, shardSize: 16 };
    const first = await bench.label(options, { data, teacher: linearTeacher() });
    const teacher = linearTeacher();
    const second = await bench.label(options, { data, teacher });
    expect(teacher.images).toBe(0);
    for (const name of ["soft-labels.json", "references.json"]) {
      expect(await readFile(join(second, name))).toEqual(await readFile(join(first, name)));
    }
  });

  it("goes on with the first unfinished shard after an interruption", async () => {
    const data = await tinyData();
    const stop = new AbortController();
    const options = { shardSize: 16, batchSize: 8, precision: "float32" };
    const interrupted = linearTeacher({
      before: (images) => images >= askedBefore + 32 && stop.abort(new Error("stopped")),
    });
    await expect(bench.label(options, { data, teacher: interrupted }, stop.signal)).rejects.toThrow("stopped");
    const teacher = linearTeacher();
    const resumed = await bench.label(options, { data, teacher });
    expect(teacher.images).toBe(askedBefore + data.splits.train.count - 32);

    await using fresh = await openWorkbench();
    await writeTinyMnist(join(fresh.folder, "mnist"), { train: 60, test: 10 });
    const undisturbed = await fresh.label(options, { data: await fresh.data({ root: "mnist" }), teacher });
    expect(await readFile(join(resumed, "soft-labels.json"))).toEqual(
      await readFile(join(undisturbed, "soft-labels.json")),
    );
  });

  it("labels only new shards when data is added", async () => {
    const augment = shiftAugment;
    const before = await tinyData({ augment, limit: 40 });
    const options = { shardSize: 8, views: 2 };
    await bench.label(options, { data: before, teacher: linearTeacher() });
    const after = await tinyData({ augment });
    const teacher = linearTeacher();
    const directory = await bench.label(options, { data: after, teacher });
    const kept = Math.floor(before.splits.train.count / 8) * 8;
    expect(teacher.images).toBe(askedBefore + 2 * (after.splits.train.count - kept));
    expect((await bench.verify(directory, { data: after, teacher })).ok).toBe(true);
  });

  it.each([
    ["the teacher", { teacher: 2 }],
    ["the precision", { precision: "float32" }],
    ["the number of views", { views: 3 }],
    ["the view seed", { seed: 8 }],
    ["the augmentation", { shift: 0.25 }],
  ])(
    "labels everything again when %s changes",
    async (_what, change) => {
      const options = { views: 2, precision: "float16", teacher: 1, seed: 7, shift: 0.125 };
      const label = async ({ seed, shift, teacher: teacherSeed, ...rest }: typeof options): Promise<number> => {
        const augment = [{ use: "shift-crop", shift }];
        const data = await bench.data({ root: "mnist", validation: 0, augment }, seed);
        const teacher = linearTeacher({ seed: teacherSeed });
        await bench.label(rest, { data, teacher });
        return teacher.images - askedBefore;
      };
      expect(await label(options)).toBe(120);
      expect(await label({ ...options, ...change })).toBe(60 * ("views" in change ? change.views : 2));
    },
    20_000,
  );

  it("stores one view and says so when the data has no augmentations", async () => {
    const data = await tinyData();
    const directory = await bench.label({ views: 4 }, { data, teacher: linearTeacher() });
    expect((await bench.open(directory)).views).toBe(1);
    expect(bench.notes.warnings.map(({ event }) => event)).toEqual(["softLabelsViews", "teacherUnchecked"]);
  });

  it("stores all classes of the teacher under its own names, whatever the data's are called", async () => {
    const data = await tinyData();
    const own = { ...linearTeacher({ classes: 12 }), classNames: [..."abcdefghijkl"] };
    const classMap = Object.fromEntries(data.classNames.map((name, place) => [own.classNames[11 - place] ?? "", name]));
    const directory = await bench.label({ precision: "float32" }, { data, teacher: { ...own, classMap } });
    const labels = await bench.open(directory);
    expect(labels).toMatchObject({ classNames: own.classNames, outputs: { logits: { shape: [12] } } });
    expect(await readAll(directory, [4], [0])).toEqual([await ask(data, 4, 0, linearTeacher({ classes: 12 }))]);
    const again = await bench.label(
      { precision: "float32" },
      { data, teacher: { ...own, classMap: { ...classMap, l: "1", k: "0" } } },
    );
    expect(await readFile(join(again, "soft-labels.json"))).toEqual(
      await readFile(join(directory, "soft-labels.json")),
    );
    expect((await bench.verify(directory, { data, teacher: { ...own, classMap } })).ok).toBe(true);
  });

  it("refuses a teacher that lacks a class of the data before it labels anything", async () => {
    const data = await tinyData();
    const teacher = linearTeacher({ classes: 9 });
    await expect(bench.label({}, { data, teacher })).rejects.toMatchObject({
      code: "KDF_PLAN_CLASSES",
      message: 'the teacher lacks 1 of the 10 classes of the data: "9"',
    });
    expect(teacher.images).toBe(0);
  });

  it("clamps what float16 cannot hold and says how much", async () => {
    const data = await tinyData();
    const teacher = linearTeacher({ scale: 1e6 });
    const directory = await bench.label({}, { data, teacher });
    expect(bench.notes.warnings.map(({ event }) => event)).toEqual(["teacherUnchecked", "softLabelsClamped"]);
    const [row = []] = await readAll(directory, [0], [0]);
    expect(Math.max(...row.map(Math.abs))).toBe(65504);
    expect((await bench.verify(directory, { data, teacher })).ok).toBe(true);
  });

  it("refuses NaN and names the sample, keeping nothing of its shard", async () => {
    const data = await tinyData();
    const teacher = linearTeacher();
    const broken = {
      ...teacher,
      async predict(pixels: Uint8Array, count: number) {
        const { logits = new Float32Array() } = await linearTeacher().predict(pixels, count);
        if (count === 16) logits[5 * 10 + 2] = Number.NaN;
        return { logits };
      },
    };
    await expect(bench.label({ shardSize: 1000, batchSize: 16 }, { data, teacher: broken })).rejects.toMatchObject({
      code: "KDF_TEACHER_NOT_FINITE",
      message: "the teacher's logit of class 2 is NaN for training sample 5, view 0",
    });
    expect(await readdir(bench.store.layout.artifacts)).toEqual([]);
  });

  it("reports images and their speed", async () => {
    const data = await tinyData();
    await bench.label({ shardSize: 16 }, { data, teacher: linearTeacher() });
    const last = bench.notes.progress.at(-1);
    expect(last).toMatchObject({ unit: "images", done: data.splits.train.count, total: data.splits.train.count });
    expect(last?.values?.["imagesPerSecond"]).toBeGreaterThan(0);
  });

  it("names the file and the way out when a shard was cut after it was opened", async () => {
    const data = await tinyData();
    const directory = await bench.label({ shardSize: 16 }, { data, teacher: linearTeacher() });
    const [path = ""] = await shardFiles(directory);
    const labels = await bench.open(directory);
    await truncate(path, (await stat(path)).size - 8);
    const reading = labels.read([0], [0], new Float32Array(10));
    await expect(reading).rejects.toMatchObject({ code: "KDF_STORE_DAMAGED" });
    await expect(reading).rejects.toThrow(path);
    await expect(reading).rejects.toMatchObject({ hint: [expect.stringContaining("kdflow cache verify")] });
  });

  it("labels only the damaged shard again", async () => {
    const data = await tinyData();
    const options = { shardSize: 16 };
    const directory = await bench.label(options, { data, teacher: linearTeacher() });
    const [, path = ""] = await shardFiles(directory);
    await truncate(path, 100);
    await expect(bench.open(directory)).rejects.toMatchObject({ code: "KDF_STORE_DAMAGED" });
    const teacher = linearTeacher();
    const again = await bench.label(options, { data, teacher });
    expect(teacher.images).toBe(askedBefore + 16);
    expect(await readFile(join(again, "soft-labels.json"))).toEqual(
      await readFile(join(directory, "soft-labels.json")),
    );
  });

  it.each([{}, { precision: "float32" }, { topK: 4 }])("verifies against the teacher (%o)", async (options) => {
    const data = await tinyData({ augment: shiftAugment });
    const directory = await bench.label({ views: 2, shardSize: 16, ...options }, { data, teacher: linearTeacher() });
    const same = await bench.verify(directory, { data, teacher: linearTeacher() });
    expect(same).toMatchObject({ ok: true, checked: data.splits.train.count });
    const other = await bench.verify(directory, { data, teacher: linearTeacher({ seed: 2 }) });
    expect(other.ok).toBe(false);
    expect(other.detail).toContain("sample");
  });

  it("keeps the teacher's own classes and checks topK against them while planning", () => {
    const port = (classNames: string[]) => [{ stage: "s", classNames }];
    const plan = (options: object, teacher: string[], data: string[]) =>
      logits.describe?.({ views: 2, ...options } as never, { data: port(data), teacher: port(teacher) }, {} as never);
    expect(plan({}, ["a", "b"], ["a", "b"])).toEqual({
      classNames: ["a", "b"],
      views: 2,
    });
    expect(plan({ topK: 2 }, ["c", "b", "a"], ["a", "b"])).toMatchObject({ classNames: ["c", "b", "a"] });
    expect(() => plan({ topK: 2 }, ["a", "b"], ["a", "b"])).toThrow("topK is 2, but there are only 2 classes");
  });
});

function softmax(row: readonly number[]): number[] {
  const most = Math.max(...row);
  const masses = row.map((logit) => Math.exp(logit - most));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / total);
}
