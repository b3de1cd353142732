/** A few photos as all three splits, and what `--overfit` sets. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { voc } from "../../../../plugins/data/voc.ts";
import { detectionTruth } from "../../../../plugins/tasks/detection/detection-truth.ts";
import { overfitArguments } from "../../../../plugins/trainers/checks/overfit-arguments.ts";
import { openWorkbench } from "../../../support/stage-workbench.ts";

it("takes the same training photos with boxes for every split, without augmentations", async () => {
  await using bench = await openWorkbench();
  const folder = join(bench.folder, "set");
  await mkdir(folder, { recursive: true });
  const object = `<object><name>cell</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>8</xmax><ymax>8</ymax></bndbox></object>`;
  for (let at = 0; at < 12; at++) {
    const photo = sharp({ create: { width: 20 + at, height: 20, channels: 3, background: "#204060" } });
    await photo.png().toFile(join(folder, `${at}.png`));
    await writeFile(join(folder, `${at}.xml`), `<annotation>${at % 2 === 0 ? object : ""}</annotation>`);
  }
  const options = {
    root: "set",
    corners: "pixels",
    maxBadImages: 0,
    imageSize: 64,
    fit: "letterbox",
    workers: 1,
    augment: [{ use: "flip" }],
    overfit: 4,
  };
  const { splits, augmented } = await bench.data(options, 7, voc);
  expect(augmented).toBe(false);
  expect([splits.train.count, splits.validation.count, splits.test.count]).toEqual([4, 4, 4]);
  expect(splits.test.digests).toEqual(splits.train.digests);
  expect(splits.validation.digests).toEqual(splits.train.digests);
  expect(detectionTruth(splits.train).boxes.classes).toHaveLength(4);
});

it("sets data, trainings and bars by the stages that there are", () => {
  const boxes = { schema: { properties: { overfit: {} } } };
  const stages = [
    { name: "photos", kind: "data", registered: boxes, options: {} },
    { name: "train", kind: "train", registered: { schema: {} }, options: { batchSize: 4, epochs: 9 } },
    { name: "evaluate", kind: "evaluate", registered: { schema: {} }, options: { require: { AP50: 0.9 } } },
  ];
  expect(overfitArguments("8", stages)).toEqual([
    "stages.photos.overfit=8",
    "stages.train.batchSize=4",
    "stages.train.epochs=120",
    "stages.train.validateEvery=24",
    "stages.train.seeds=1",
    "stages.evaluate.require={}",
  ]);
  expect(overfitArguments("2", stages)).toContain("stages.train.epochs=240");
  expect(() => overfitArguments("many", stages)).toThrow(/--overfit is a number of photos, not "many"/);
  const digits = { name: "digits", kind: "data", registered: { schema: { properties: {} } }, options: {} };
  expect(() => overfitArguments("8", [digits])).toThrow(/"digits" has none/);
});
