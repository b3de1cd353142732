/** Photos without labels beside labelled ones: which of them are taken, and what a loss on the truth makes of them. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Dataset, PlanContext } from "../../../../core/index.ts";
import { coco } from "../../../../plugins/data/coco.ts";
import { voc } from "../../../../plugins/data/voc.ts";
import { yolo } from "../../../../plugins/data/yolo.ts";
import { detectionTruth } from "../../../../plugins/tasks/detection/detection-truth.ts";
import { boxMarks, detectionInputs } from "../../../../plugins/tasks/detection/truth-inputs.ts";
import { openWorkbench, type Workbench } from "../../../support/stage-workbench.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const defaults = {
  maxBadImages: 0,
  imageSize: 64,
  fit: "letterbox",
  workers: 1,
  augment: [],
  validation: undefined,
  root: "set",
} as const;

async function write(path: string, content: string | Buffer): Promise<void> {
  const file = join(bench.folder, "set", path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
}

const photo = (shade: number): Promise<Buffer> =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: { r: shade, g: 9, b: 9 } } })
    .png()
    .toBuffer();

/** Photos of the names' own shades, `<folder>/<name>.png`. */
async function draw(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await write(`${folder}/${name}.png`, await photo(name.charCodeAt(0)));
}

const xml =
  "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>20</xmax><ymax>20</ymax></bndbox></object></annotation>";

async function vocSet(): Promise<void> {
  await draw("JPEGImages", ["a", "b", "c", "d", "e", "f"]);
  for (const name of ["a", "b", "c", "d"]) await write(`Annotations/${name}.xml`, xml);
  await write("ImageSets/Main/train.txt", "a\nb\n");
  await write("ImageSets/Main/val.txt", "c\n");
  await write("ImageSets/Main/test.txt", "d\n");
}

const openVoc = (options: object): Promise<Dataset> =>
  bench.data({ ...defaults, corners: "pixels", ...options }, 7, voc);

/** Boxes of each training photo, and which have labels. */
function trained({ splits: { train } }: Dataset): { flags: number[][]; labelled: readonly number[] | undefined } {
  const { offsets, flags } = detectionTruth(train).boxes;
  const of = (image: number): number[] => [...flags.subarray(offsets[image], offsets[image + 1])];
  return { flags: Array.from({ length: train.count }, (_, image) => of(image)), labelled: train.labelled };
}

it("adds the photos of a folder that no set names, and none that is validated or tested on", async () => {
  await vocSet();
  const data = await openVoc({ unlabelled: "JPEGImages" });
  expect([data.splits.train.count, data.splits.validation.count, data.splits.test.count]).toEqual([4, 1, 1]);
  const { flags, labelled = [] } = trained(data);
  expect(labelled).toHaveLength(2);
  // 1 crowd, 4 unlabelled
  expect(flags.map(([flag]) => flag)).toEqual([0, 1, 2, 3].map((image) => (labelled.includes(image) ? 0 : 5)));
  expect(data.splits.validation.labelled).toBeUndefined();
  expect(trained(await openVoc({})).labelled).toBeUndefined();
});

it("takes back without their labels those that `limit` leaves out, and a copy of a test photo not at all", async () => {
  await vocSet();
  await write("more/copy of d.png", await photo("d".charCodeAt(0)));
  await write("more/g.png", await photo("g".charCodeAt(0)));
  const data = await openVoc({ limit: 1, unlabelled: ["JPEGImages", "more"] });
  // a or b with labels; the other one, e, f and g without
  expect(data.splits.train.count).toBe(5);
  expect(trained(data).labelled).toHaveLength(1);
});

it("never holds out a photo without labels", async () => {
  await draw("photos", ["a", "b", "c", "d", "e", "f", "g", "h"]);
  for (const name of ["a", "b", "c", "d"]) await write(`photos/${name}.xml`, xml);
  const bare = ["i", "j", "k", "l", "m", "n", "o", "p", "q", "r"];
  await draw("bare", bare);
  const data = await openVoc({ root: "set/photos", unlabelled: "../bare", validation: 0.5 });
  const { validation, train } = data.splits;
  expect(validation.count).toBeGreaterThan(0);
  expect(validation.count + train.count).toBe(8 + bare.length);
  expect(train.count - (train.labelled ?? []).length).toBe(bare.length);
});

it("masks the whole photo: a loss on the truth is given no target there, and no background", async () => {
  await vocSet();
  const { splits, imageSize } = await openVoc({ unlabelled: "JPEGImages" });
  const { train } = splits;
  const truth = detectionTruth(train);
  const [boxes] = detectionInputs;
  const indices = Uint32Array.of(0, 1, 2, 3);
  const out = new Float32Array(4 * 6);
  const dataset = { imageSize, photos: 1 } as never;
  expect(boxes?.spec(dataset, truth).shape).toEqual([1, 6]);
  boxes?.fill?.({ truth, indices, views: undefined, imageSize } as never, out);
  const marks = boxMarks({ truth, indices, views: undefined, imageSize } as never, ["dog"]);
  for (const image of indices) {
    expect(marks[image]?.[0]).toMatchObject({ label: train.labelled?.includes(image) ? "dog" : "no labels" });
    // 40 × 30 pixels lie on 64 × 48; the weight is 0
    const isLabelled = train.labelled?.includes(image);
    const row = [...out.subarray(image * 6, image * 6 + 6)];
    if (isLabelled) expect(row[5]).toBe(1);
    else expect(row).toEqual([0, 0, 8, 64, 56, 0]);
  }
});

it("reads lists of COCO and YOLO folders too, and counts them before anything runs", async () => {
  await draw("images/train", ["a", "b"]);
  await draw("others", ["e", "f", "g"]);
  await write("labels/train/a.txt", "0 0.5 0.5 0.2 0.2\n");
  await write("labels/train/b.txt", "0 0.5 0.5 0.2 0.2\n");
  await write("data.yaml", "train: images/train\nnames: [dog]\n");
  await write("some.txt", "others/e.png\nothers/f.png\n");
  const images = ["a", "b"].map((name, id) => ({ id, file_name: `${name}.png`, width: 40, height: 30 }));
  const annotations = [{ id: 1, image_id: 0, category_id: 3, bbox: [1, 1, 9, 9], area: 81, iscrowd: 0 }];
  await write("dogs.json", JSON.stringify({ images, annotations, categories: [{ id: 3, name: "dog" }] }));
  const own = { ...defaults, unlabelled: "some.txt" };
  const [ofYolo, ofCoco] = [
    { ...own, data: "data.yaml" },
    { ...own, train: "dogs.json", photos: "images/train" },
  ];
  expect((await bench.data(ofYolo, 7, yolo)).splits.train).toMatchObject({ count: 4 });
  expect((await bench.data(ofCoco, 7, coco)).splits.train).toMatchObject({ count: 4 });
  const context = { baseDir: bench.folder, lookup: () => ({}) } as unknown as PlanContext;
  const told = await coco.describe?.(ofCoco as never, {}, context);
  expect(told?.training).toEqual({ samples: 4, unlabelled: 2, about: false });
});

it("names a folder that is not there, and one without photos", async () => {
  await vocSet();
  await write("empty/note.txt", "");
  await expect(openVoc({ unlabelled: "nowhere" })).rejects.toMatchObject({ code: "KDF_INPUT_MISSING_FILE" });
  await expect(openVoc({ unlabelled: "empty" })).rejects.toMatchObject({ code: "KDF_INPUT_EMPTY" });
});
