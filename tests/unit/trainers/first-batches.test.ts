import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Dataset } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { voc } from "../../../plugins/data/voc.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { boxRow, detectionInputs } from "../../../plugins/tasks/detection/truth-inputs.ts";
import { detection } from "../../../plugins/tasks/detection.ts";
import type { BatchSource } from "../../../plugins/trainers/batches/batches.ts";
import { writeFirstBatches } from "../../../plugins/trainers/batches/first-batches.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const corners = (left: number, top: number, right: number, bottom: number): string =>
  `<bndbox><xmin>${left + 1}</xmin><ymin>${top + 1}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax></bndbox>`;

async function openPhotos(count: number): Promise<Dataset> {
  const folder = join(bench.folder, "set");
  await mkdir(folder, { recursive: true });
  for (let at = 0; at < count; at++) {
    const side = 80 + at;
    const photo = sharp({ create: { width: side, height: side, channels: 3, background: "#000000" } });
    await photo.png().toFile(join(folder, `${at}.png`));
    const object = `<object><name>cell</name>${corners(20, 20, 50, 60)}</object>`;
    await writeFile(
      join(folder, `${at}.xml`),
      `<annotation><size><width>${side}</width><height>${side}</height></size>${object}</annotation>`,
    );
  }
  const augment = [{ use: "mosaic", probability: 1 }];
  const options = { maxBadImages: 0, imageSize: 320, fit: "letterbox", workers: 1, augment, validation: undefined };
  return bench.data({ ...options, corners: "pixels", root: "set" }, 7, voc);
}

function sourceOf(dataset: Dataset): BatchSource {
  return {
    ...{ dataset, task: detection.task, inputSize: dataset.imageSize, batchSize: 4, views: undefined },
    ...{ softLabels: undefined, teacher: undefined, orderOf: () => createRng(1, "order") },
  };
}

test("the first batches are pictures with the boxes that the step is given", async () => {
  const dataset = await openPhotos(6);
  const source = sourceOf(dataset);
  const context = bench.context(7, bench.folder);
  const { file = "" } = (await writeFirstBatches(source, context)) ?? {};
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  // six pictures of 320 pixels in three columns, with gaps of 10 and a line of 16
  expect([info.width, info.height]).toEqual([10 + 3 * 330, 10 + 2 * (330 + 16)]);
  const colourAt = (x: number, y: number): readonly number[] => [
    ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
  ];
  const order = createRng(1, "order").permutation(6);
  const views = Array.from(order, (index) => dataset.view("train", index, 0));
  const rows = { truth: dataset.splits.train.truth as never, indices: order, views, imageSize: dataset.imageSize };
  const [input] = detectionInputs;
  const capacity = 4;
  const boxes = new Float32Array(6 * capacity * boxRow);
  input?.fill?.(rows, boxes);
  let seen = 0;
  for (let picture = 0; picture < 6; picture++) {
    const [left, top] = [10 + (picture % 3) * 330, 10 + Math.floor(picture / 3) * 346];
    for (let box = 0; box < capacity; box++) {
      const at = (picture * capacity + box) * boxRow;
      if (boxes[at] !== 0) continue;
      const [x0 = 0, , x1 = 0, y1 = 0] = boxes.subarray(at + 1, at + 5);
      // the middle of the lower edge, where no label lies; photos and fill are grey, marks of group 0 red
      const [x, y] = [Math.round(left + (x0 + x1) / 2), Math.round(top + y1)];
      const [red = 0, green = 0] = colourAt(x, Math.min(y, info.height - 1));
      const [above = 0, other = 0] = colourAt(x, y - 1);
      expect(Math.max(red - green, above - other)).toBeGreaterThan(90);
      seen++;
    }
  }
  expect(seen).toBeGreaterThanOrEqual(6);
});

test("the same batches are written once, others anew", async () => {
  const source = sourceOf(await openPhotos(3));
  const context = bench.context(7, bench.folder);
  const { file = "" } = (await writeFirstBatches(source, context)) ?? {};
  const before = await stat(file);
  expect((await writeFirstBatches(source, context))?.file).toBe(file);
  expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
  expect((await writeFirstBatches({ ...source, withoutAt: () => ["mosaic"] }, context))?.file).not.toBe(file);
});

test("a task that draws nothing has no pictures", async () => {
  const source = { ...sourceOf(await openPhotos(1)), task: classification.task };
  expect(await writeFirstBatches(source, bench.context(7, bench.folder))).toBeUndefined();
});
