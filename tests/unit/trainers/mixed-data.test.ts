import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Dataset, SoftLabels } from "../../../core/index.ts";
import { selectedDataset } from "../../../plugins/data/samples/selected-dataset.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { mixedData } from "../../../plugins/trainers/batches/mixed-data.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
let first: Dataset;
let second: Dataset;

beforeAll(async () => {
  bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 30, test: 10 });
  first = await bench.data({ root: "mnist", validation: 0.2 });
  const base = await bench.data({ root: "mnist", validation: 0, augment: [{ use: "shift-crop", shift: 0.2 }] });
  const classNames = [...first.classNames].reverse();
  const indices = Int32Array.of(4, 2, 9);
  second = selectedDataset(base, { classNames, indices, labels: Int32Array.of(0, 9, 5) });
});

afterAll(() => bench[Symbol.asyncDispose]());

async function pixelsOf(dataset: Dataset, indices: number[], view?: number): Promise<Uint8Array> {
  const { height, width, channels } = dataset.imageSize;
  const pixels = new Uint8Array(indices.length * height * width * channels);
  const views = view === undefined ? undefined : indices.map((index) => dataset.view("train", index, view));
  await dataset.splits.train.render(indices, views, dataset.imageSize, pixels);
  return pixels;
}

describe("selectedDataset", () => {
  test("shows the chosen samples and their views, under the new labels, and has nothing to test on", async () => {
    const base = await bench.data({ root: "mnist", validation: 0, augment: [{ use: "shift-crop", shift: 0.2 }] });
    expect(await pixelsOf(second, [0, 2], 3)).toEqual(await pixelsOf(base, [4, 9], 3));
    const { train, validation, test: tested } = second.splits;
    expect([train.count, validation.count, tested.count]).toEqual([3, 0, 0]);
    expect(new Set([...train.digests, ...base.splits.train.digests]).size).toBe(3 + base.splits.train.count);
  });
});

describe("mixedData", () => {
  test("puts the train splits one after the other, labels by name; the rest is the first source's", async () => {
    const { dataset, counts, softLabels } = mixedData([first, second], [], classification.task);
    const own = first.splits.train.count;
    expect([counts, softLabels]).toEqual([[own, 3], undefined]);
    expect(dataset.splits.train.count).toBe(own + 3);
    // "9", "0" and "4" in reverse order are 0, 9 and 5
    expect([...classLabels(dataset.splits.train).subarray(own)]).toEqual([9, 0, 4]);
    expect(dataset.splits.validation).toBe(first.splits.validation);
    const mixed = await pixelsOf(dataset, [own + 2, 0, own, 5], 1);
    const size = mixed.length / 4;
    const row = (i: number) => mixed.subarray(i * size, (i + 1) * size);
    expect(row(0)).toEqual(await pixelsOf(second, [2], 1));
    expect(row(1)).toEqual(await pixelsOf(first, [0], 1));
    expect(row(2)).toEqual(await pixelsOf(second, [0], 1));
    expect(row(3)).toEqual(await pixelsOf(first, [5], 1));
  });

  test("reads soft labels where the sample is from, each teacher's classes by name", async () => {
    const directory = await bench.label({ precision: "float32" }, { data: first, teacher: linearTeacher() });
    const ours = await bench.open(directory);
    const theirs: SoftLabels = {
      ...ours,
      classNames: [...first.classNames].reverse(),
      sampleCount: 3,
      // logit = 100 · sample + place
      read: async (indices, _views, out) => {
        for (const [row, sample] of Array.from(indices).entries()) {
          for (let place = 0; place < 10; place++) out[row * 10 + place] = 100 * sample + place;
        }
      },
    };
    const { softLabels } = mixedData([first, second], [ours, theirs], classification.task);
    const own = first.splits.train.count;
    const out = new Float32Array(30);
    await softLabels?.read([own + 2, 3, own], [0, 0, 0], out);
    const expected = new Float32Array(10);
    await ours.read([3], [0], expected);
    expect([...out.subarray(0, 10)]).toEqual(Array.from({ length: 10 }, (_, place) => 200 + 9 - place));
    expect(out.subarray(10, 20)).toEqual(expected);
    expect([...out.subarray(20)]).toEqual(Array.from({ length: 10 }, (_, place) => 9 - place));
    await ours.close();
  });

  test("refuses classes and channels that do not fit", () => {
    expect(() =>
      mixedData([first, { ...second, classNames: ["a", ...second.classNames.slice(1)] }], [], classification.task),
    ).toThrow(
      expect.objectContaining({ code: "KDF_PLAN_SOURCES", message: expect.stringContaining('has the class "a"') }),
    );
    const colour = { ...second, imageSize: { ...second.imageSize, channels: 3 } };
    expect(() => mixedData([first, colour], [], classification.task)).toThrow(
      expect.objectContaining({ code: "KDF_PLAN_SOURCES" }),
    );
  });
});
