import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Dataset } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { planShards, shardIdentity } from "../../../plugins/soft-labels/storing/label-job.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { trainBatches } from "../../../plugins/trainers/batches/batches.ts";
import { labelledOrder } from "../../../plugins/trainers/batches/labelled-order.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { batchFillers } from "./batch-fillers.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 40, test: 10 });
});
afterEach(() => bench[Symbol.asyncDispose]());

const augment = [
  { use: "shift-crop", shift: 0.1 },
  { use: "mixup", alpha: 1, probability: 0.5 },
  { use: "cutmix", alpha: 1, probability: 0.3 },
];
const open = (options: object = {}): Promise<Dataset> =>
  bench.data({ root: "mnist", validation: 0, augment, ...options });

async function rendered(data: Dataset, index: number, view: ReturnType<Dataset["view"]>): Promise<Uint8Array> {
  const out = new Uint8Array(28 * 28);
  await data.splits.train.render([index], [view], data.imageSize, out);
  return out;
}

const sourceOf = (dataset: Dataset) => ({
  dataset,
  task: classification.task,
  inputSize: dataset.imageSize,
  batchSize: 16,
  views: 4,
  softLabels: undefined,
  teacher: undefined,
  orderOf: () => createRng(1, "order"),
});

function batches(dataset: Dataset, epoch: number) {
  const source = sourceOf(dataset);
  const fillers = batchFillers(source, ["labels", "secondLabels", "labelShares"]);
  return trainBatches(source, fillers, { epoch, step: 0 });
}

test("a row has its own label, its partner's, and the share of its view; unmixed rows have share one", async () => {
  const dataset = await open();
  const labels = classLabels(dataset.splits.train);
  const kinds = new Set<string | undefined>();
  for await (const { size, indices, inputs } of batches(dataset, 2)) {
    expect(inputs["labelShares"]?.length).toBe(size);
    for (const [row, index] of indices.entries()) {
      const view = dataset.view("train", index, 2);
      kinds.add(view.mix?.kind);
      expect(inputs["labels"]?.[row]).toBe(labels[index]);
      expect(inputs["labelShares"]?.[row]).toBe(Math.fround(view.mix?.share ?? 1));
      expect(inputs["secondLabels"]?.[row]).toBe(labels[view.partner?.index ?? index]);
      expect(inputs["pixels"]?.subarray(row * 784, (row + 1) * 784)).toEqual(await rendered(dataset, index, view));
    }
  }
  expect(kinds).toEqual(new Set(["blend", "paste", undefined]));
});

test("a dataset that does not mix has no second labels", async () => {
  const dataset = await open({ augment: [{ use: "shift-crop", shift: 0.1 }] });
  for await (const { inputs } of batches(dataset, 0)) expect(Object.keys(inputs)).toEqual(["pixels", "labels"]);
});

test("a mixed view holds the partner's own view, and survives being cloned", async () => {
  const dataset = await open();
  const mixed = Array.from({ length: 40 }, (_, index) => ({ index, view: dataset.view("train", index, 0) }));
  const blended = mixed.filter(({ view }) => view.mix?.kind === "blend");
  expect(blended.length).toBeGreaterThan(3);
  for (const { index, view } of blended) {
    const { mix, partner, ...own } = view;
    const first = await rendered(dataset, index, own);
    const second = await rendered(dataset, partner?.index ?? -1, partner?.view ?? own);
    const share = mix?.share ?? 1;
    const expected = first.map((value, at) => Math.floor(share * value + (1 - share) * (second[at] ?? 0) + 0.5));
    expect(await rendered(dataset, index, structuredClone(view))).toEqual(expected);
    expect(dataset.splits.train.digests[partner?.index ?? -1]).toBe(partner?.digest);
    const { mix: _mix, partner: _partner, ...alone } = dataset.view("train", partner?.index ?? -1, 0);
    expect(partner?.view).toEqual(alone);
  }
});

test("keys of soft labels hold the partners: an added record relabels the shards whose views it joins", async () => {
  const job = (dataset: Dataset) => ({
    dataset,
    teacher: linearTeacher({ classes: 10 }),
    layout: { classes: 10, precision: "float32", topK: undefined } as const,
    ...{ views: 2, shardSize: 10, batchSize: 8 },
  });
  const identities = (dataset: Dataset): string[] =>
    planShards({ dataset, shardSize: 10 }).map((shard) => JSON.stringify(shardIdentity(job(dataset), shard)));
  const always = [{ use: "mixup", alpha: 1, probability: 1 }];
  const some = await open({ limit: 39, augment: always });
  const all = await open({ augment: always });
  expect(all.viewSpec).toBe(some.viewSpec);
  const [before, after] = [identities(some), identities(all)];
  const moved = Array.from({ length: 39 }, (_, index) => index).filter((index) =>
    [0, 1].some(
      (view) => some.view("train", index, view).partner?.digest !== all.view("train", index, view).partner?.digest,
    ),
  );
  expect(moved.length).toBeGreaterThanOrEqual(1);
  expect(moved.length).toBeLessThanOrEqual(2);
  for (let shard = 0; shard < 3; shard++) {
    const joined = moved.some((index) => Math.floor(index / 10) === shard);
    expect(before[shard] === after[shard]).toBe(!joined);
  }
  expect(before[3]).not.toBe(after[3]);
});

test("samples that an epoch shows several times come each time in their next view, unless views are stored", async () => {
  const dataset = await open({ augment: [{ use: "shift-crop", shift: 0.1 }] });
  const split = { count: 40, labelled: [3, 5, 8] };
  const order = labelledOrder({ split, taught: false, rng: (stream, ...at) => createRng(2, stream, ...at) });
  for (const views of [undefined, 4]) {
    let place = 0;
    for await (const { indices, inputs } of trainBatches({ ...sourceOf(dataset), views, order }, [], {
      epoch: 1,
      step: 0,
    })) {
      for (const [row, index] of indices.entries()) {
        const view = views === undefined ? Math.floor((40 + place) / 3) : 1;
        const expected = await rendered(dataset, index, dataset.view("train", index, view));
        expect(inputs["pixels"]?.subarray(row * 784, (row + 1) * 784)).toEqual(expected);
        place++;
      }
    }
    expect(place).toBe(40);
  }
});
