import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { images } from "../../../plugins/data/images.ts";
import { builtins } from "../../../plugins/index.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { writePhotoFolder } from "../../support/photos.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
  await writePhotoFolder(join(bench.folder, "more"), ["", "deep", "deep/deeper"], 4);
});
afterEach(() => bench[Symbol.asyncDispose]());

const defaults = { root: "more", maxBadImages: 0, imageSize: 8, fit: "crop", cache: false, workers: 1, augment: [] };
const open = (options: object = {}) => bench.data({ ...defaults, ...options }, 7, images);

describe("data/images", () => {
  it("takes every image below a folder for training, without a label", async () => {
    const data = await open();
    expect(data.unlabelled).toBe(true);
    expect(data.classNames).toEqual([]);
    expect([...classLabels(data.splits.train)]).toEqual(Array.from({ length: 12 }, () => -1));
    expect([data.splits.validation.count, data.splits.test.count]).toEqual([0, 0]);
    const pixels = new Uint8Array(12 * 192);
    const all = Array.from({ length: 12 }, (_, index) => index);
    await data.splits.train.render(all, undefined, { height: 8, width: 8, channels: 3 }, pixels);
    expect(new Set(all.map((index) => pixels[index * 192]))).toEqual(new Set([60, 120, 180]));
  });

  it("is labelled by a teacher with all of the teacher's classes, or with the classes that are said", async () => {
    const size = { height: 8, width: 8, channels: 3 };
    const teacher = { ...linearTeacher({ classes: 4, imageSize: size }), classNames: ["a", "b", "c", "d"] };
    const labels = await bench.open(await bench.label({}, { data: await open(), teacher }));
    expect([labels.classNames, labels.sampleCount]).toEqual([["a", "b", "c", "d"], 12]);
    await labels.close();
    const said = await open({ classNames: ["a", "zebra"] });
    await expect(bench.label({}, { data: said, teacher })).rejects.toMatchObject({ code: "KDF_PLAN_CLASSES" });
  });

  it("is told apart from the same images with labels", async () => {
    const data = await open();
    const options = { ...defaults, root: "more" } as never;
    const before = await images.fingerprint?.(options, bench.context(0, bench.folder));
    expect(before).toMatchObject({ decoder: expect.stringContaining("libvips") });
    expect(data.digest).not.toBe((await open({ limit: 11 })).digest);
  });

  it("is refused while planning where there is no image", async () => {
    await mkdir(join(bench.folder, "none"));
    const planned = async () =>
      images.describe?.({ ...defaults, root: "none" } as never, {}, bench.context(0, bench.folder));
    await expect(planned()).rejects.toMatchObject({ code: "KDF_INPUT_EMPTY" });
  });

  it("is refused by a training while planning", async () => {
    const file = join(bench.folder, "pipeline.yaml");
    const stages = `{ data: { use: images, root: more }, teacher: { use: train, epochs: 1, network: { use: classifier, backbone: resnet } } }`;
    await writeFile(file, `kdflow: 1\nname: one\nstages: ${stages}\n`);
    const session = await openSession({ file, builtins: [builtins], storeDir: join(bench.folder, "store") });
    await expect(session.check()).rejects.toMatchObject({
      code: "KDF_PLAN_UNLABELLED",
      message: 'stage "teacher" needs labels, but the images of stage "data" have none',
    });
  });
});
