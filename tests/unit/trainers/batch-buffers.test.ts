import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Dataset, Teacher } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { ringSlots } from "../../../plugins/data/views/made-ahead.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { type BatchSource, plainBatches, trainBatches } from "../../../plugins/trainers/batches/batches.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { batchFillers } from "./batch-fillers.ts";

let bench: Workbench;
let dataset: Dataset;
beforeEach(async () => {
  bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 30, test: 10 });
  dataset = await bench.data({ root: "mnist", validation: 0, augment: [{ use: "shift-crop", shift: 0.2 }] });
});
afterEach(() => bench[Symbol.asyncDispose]());

const half = { height: 14, width: 14, channels: 1 };

/** Notes what it is asked, in memory that is its own, and which memory it was asked with. */
function noting(inputSize: Teacher["imageSize"]): { teacher: Teacher; asked: Uint8Array[]; memory: Set<unknown> } {
  const asked: Uint8Array[] = [];
  const memory = new Set<unknown>();
  const teacher: Teacher = {
    ...linearTeacher({ classes: 10 }),
    imageSize: inputSize,
    predict: async (pixels, count) => {
      asked.push(pixels.slice());
      memory.add(pixels.buffer);
      return { logits: new Float32Array(count * 10) };
    },
  };
  return { teacher, asked, memory };
}

function request(teacher?: Teacher): BatchSource {
  const orderOf = () => createRng(1, "order");
  const { task } = classification;
  const source = { dataset, task, inputSize: dataset.imageSize, batchSize: 8, views: 2 };
  return { ...source, softLabels: undefined, teacher, orderOf };
}

/** The batches of the second epoch, with labels and, where there is a teacher, its logits. */
function batches(teacher?: Teacher, step = 0, slots = ringSlots) {
  const source = request(teacher);
  const takes = ["labels", ...(teacher === undefined ? [] : ["teacherLogits"])];
  return trainBatches(source, batchFillers(source, takes), { epoch: 1, step }, slots);
}

async function rendered(indices: Int32Array, size: Teacher["imageSize"]): Promise<Uint8Array> {
  const out = new Uint8Array(indices.length * size.height * size.width * size.channels);
  const views = Array.from(indices, (index) => dataset.view("train", index, 1));
  await dataset.splits.train.render(indices, views, size, out);
  return out;
}

it("the batches of an epoch share a ring of memory, the last and shorter one too", async () => {
  const memory = new Set<unknown>();
  const sizes: number[] = [];
  for await (const { size, inputs, indices } of batches()) {
    const { pixels, labels } = inputs;
    for (const each of [pixels, labels, indices]) memory.add(each?.buffer);
    sizes.push(size);
    expect(pixels).toEqual(await rendered(indices, dataset.imageSize));
  }
  expect(sizes).toEqual([8, 8, 8, 30 - 3 * 8]);
  expect(memory.size).toBe(3 * ringSlots);
});

it("a teacher of another input size sees the same views at its own size, in memory of its own", async () => {
  const { teacher, asked, memory } = noting(half);
  let step = 0;
  for await (const { indices } of batches(teacher)) {
    expect(asked[step++]).toEqual(await rendered(indices, half));
  }
  expect(step).toBe(4);
  expect(memory.size).toBe(ringSlots);
});

it("a teacher of the student's input size is shown the student's pixels", async () => {
  const { teacher, asked } = noting(dataset.imageSize);
  for await (const { inputs } of batches(teacher)) expect(asked.at(-1)).toEqual(inputs["pixels"]);
});

it("plain batches go through a split in its order, in a ring of memory", async () => {
  const memory = new Set<unknown>();
  const order: number[] = [];
  for await (const { indices, pixels } of plainBatches(dataset.splits.test, dataset.imageSize, 2)) {
    memory.add(pixels.buffer);
    expect(pixels.buffer).toBeInstanceOf(SharedArrayBuffer);
    order.push(...indices);
  }
  expect(order).toEqual(Array.from({ length: 10 }, (_, index) => index));
  expect(memory.size).toBe(ringSlots);
});

it("batches made ahead are those made one by one", async () => {
  const contents = async (slots: number): Promise<unknown[]> => {
    const seen: unknown[] = [];
    for await (const { inputs, indices } of batches(undefined, 1, slots)) {
      seen.push([Uint8Array.from(inputs["pixels"] ?? []), inputs["labels"]?.slice(), indices.slice()]);
    }
    return seen;
  };
  const one = await contents(1);
  expect(one).toHaveLength(3);
  expect(await contents(3)).toEqual(one);
});

it.each([true, false])(
  "a teacher is asked for one batch at a time, ahead only where it works apart: %s",
  async (worksApart) => {
    let underWay = 0;
    let asked = 0;
    const teacher: Teacher = {
      ...linearTeacher({ classes: 10 }),
      worksApart,
      predict: async (_pixels, count) => {
        expect(++underWay).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        underWay--;
        asked++;
        return { logits: new Float32Array(count * 10) };
      },
    };
    const askedBefore: number[] = [];
    for await (const _batch of batches(teacher)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      askedBefore.push(asked);
    }
    expect(askedBefore).toEqual(worksApart ? [3, 4, 4, 4] : [1, 2, 3, 4]);
  },
);
