/** Real folders of photos with boxes, from the files to pixels and truth. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Dataset, type DatasetSplit, type Fit, type ImageSize, KdflowError } from "../../../../core/index.ts";
import { coco } from "../../../../plugins/data/coco.ts";
import { voc } from "../../../../plugins/data/voc.ts";
import { yolo } from "../../../../plugins/data/yolo.ts";
import { rangeOf } from "../../../../plugins/tasks/detection/boxes.ts";
import { type DetectionTruth, detectionTruth } from "../../../../plugins/tasks/detection/detection-truth.ts";
import { moveBoxes } from "../../../../plugins/tasks/detection/move-boxes.ts";
import { placements } from "../../../../plugins/tasks/detection/placements.ts";
import { detectionInputs } from "../../../../plugins/tasks/detection/truth-inputs.ts";
import { viewerOf } from "../../../../plugins/tasks/detection/viewer.ts";
import { openWorkbench, type Workbench } from "../../../support/stage-workbench.ts";
import { sharedFile } from "../../tasks/detection/shared-data.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const defaults = { maxBadImages: 0, imageSize: 64, fit: "letterbox", workers: 1, augment: [], validation: undefined };
const openVoc = (options: object): Promise<Dataset> =>
  bench.data({ ...defaults, corners: "pixels", root: "set", ...options }, 7, voc);
const openCoco = (options: object): Promise<Dataset> => bench.data({ ...defaults, root: "set", ...options }, 7, coco);
const openYolo = (options: object = {}): Promise<Dataset> =>
  bench.data({ ...defaults, root: "set", data: "data.yaml", ...options }, 7, yolo);

/** Class, corners rounded to whole pixels, of every box of a photo. */
function boxesOf(split: DatasetSplit, image: number, classNames: readonly string[]): string[] {
  const { boxes } = detectionTruth(split);
  const [from, to] = rangeOf(boxes, image);
  return Array.from({ length: to - from }, (_, at) => {
    const corners = [...boxes.corners.subarray((from + at) * 4, (from + at) * 4 + 4)].map(Math.round);
    return `${classNames[boxes.classes[from + at] ?? -1]} ${corners.join(" ")}`;
  });
}

async function write(path: string, text: string): Promise<void> {
  const file = join(bench.folder, "set", path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text);
}

/** A grey photo with a red rectangle. */
async function draw(path: string, width: number, height: number, box = [0, 0, 1, 1], orientation = 1): Promise<void> {
  const [left = 0, top = 0, right = 0, bottom = 0] = box;
  const file = join(bench.folder, "set", path);
  await mkdir(join(file, ".."), { recursive: true });
  const red = { create: { width: right - left, height: bottom - top, channels: 3 as const, background: "#ff0000" } };
  const plain = sharp({ create: { width, height, channels: 3, background: "#000000" } }).composite([
    { input: await sharp(red).png().toBuffer(), left, top },
  ]);
  await sharp(await plain.png().toBuffer())
    .withMetadata({ orientation })
    .png()
    .toFile(file);
}

const object = (name: string, [xmin, ymin, xmax, ymax]: readonly number[], more = ""): string =>
  `<object><name>${name}</name>${more}<bndbox><ymin>${ymin}</ymin><xmin>${xmin}</xmin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox></object>`;
const annotation = (...objects: string[]): string => `<annotation>\n${objects.join("\n")}\n</annotation>\n`;

const caughtFrom = async (work: Promise<unknown>): Promise<KdflowError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KdflowError) return error;
  throw new Error(`no KdflowError, but ${String(error)}`);
};

describe("data/voc", () => {
  it("reads the devkit's layout with years, with sets for each split", async () => {
    for (const [year, photo] of [
      ["2007", "a"],
      ["2012", "b"],
      ["2007", "c"],
    ] as const) {
      await draw(`VOC${year}/JPEGImages/${photo}.jpg`, 40, 30, [0, 0, photo.charCodeAt(0) - 90, 4]);
      await write(
        `VOC${year}/Annotations/${photo}.xml`,
        annotation(object("dog", [1, 1, 10, 10], "<difficult>1</difficult>"), object("cat", [11.5, 2, 40, 30])),
      );
    }
    await write("VOC2007/ImageSets/Main/trainval.txt", "a\n");
    await write("VOC2012/ImageSets/Main/trainval.txt", "b\n");
    await write("VOC2007/ImageSets/Main/test.txt", "c  1\n");
    const data = await openVoc({ train: ["2007/trainval", "2012/trainval"], test: "2007/test" });
    expect(data.classNames).toEqual(["cat", "dog"]);
    expect([data.splits.train.count, data.splits.validation.count, data.splits.test.count]).toEqual([2, 0, 1]);
    expect(boxesOf(data.splits.test, 0, data.classNames)).toEqual(["dog 0 0 10 10", "cat 11 1 40 30"]);
    expect([...detectionTruth(data.splits.test).boxes.flags]).toEqual([2, 0]);
  });

  it("takes XML files beside their photos, draws splits by share, and counts photos without labels as background", async () => {
    for (let at = 0; at < 40; at++) {
      await draw(`cam${at % 8}_${at}.png`, 20 + at, 20, [at % 16, 0, (at % 16) + 4, 4]);
      if (at > 0) await write(`cam${at % 8}_${at}.xml`, annotation(object("cell", [1, 1, 8, 8])));
    }
    const data = await openVoc({ validation: 0.3, test: 0.2, groupBy: "^(cam\\d)_" });
    const { train, validation, test } = data.splits;
    expect(train.count + validation.count + test.count).toBe(40);
    expect((validation.count % 5) + (test.count % 5)).toBe(0);
    expect(validation.count + test.count).toBeGreaterThan(0);
    const sizes = [train, validation, test].flatMap((split) => [...detectionTruth(split).boxes.classes]);
    expect(sizes).toHaveLength(39);
  });

  it("counts clipped, empty and repeated boxes, and refuses a class that is not listed at its line", async () => {
    await draw("a.png", 20, 20);
    const rows = [
      [-4, 1, 8, 8],
      [5, 5, 4, 8],
      [1, 1, 3, 3],
      [1, 1, 3, 3],
    ];
    await write("a.xml", annotation(...rows.map((row) => object("cell", row))));
    const data = await openVoc({});
    expect(boxesOf(data.splits.train, 0, data.classNames)).toEqual(["cell 0 0 8 8", "cell 0 0 3 3"]);
    expect(bench.notes.warnings.map(({ message }) => message)).toEqual([
      "boxes that are not as they should be: 1 clipped at the border, 1 without width or height, 1 given twice",
    ]);
    const error = await caughtFrom(openVoc({ classes: ["nucleus"] }));
    expect(error.code).toBe("KDF_INPUT_CLASSES");
    expect(error.where?.line).toBe(2);
  });

  it("says which label has no photo", async () => {
    await draw("a.png", 20, 20);
    await write("b.xml", annotation(object("cell", [1, 1, 3, 3])));
    const error = await caughtFrom(openVoc({}));
    expect(error.code).toBe("KDF_INPUT_MISSING_FILE");
    expect(error.message).toContain("b.xml");
  });
});

describe("data/yolo", () => {
  it("reads boxes and polygons from the folders of data.yaml, with tabs and line ends of every kind", async () => {
    await draw("images/train/a.png", 100, 50);
    await draw("images/val/b.png", 100, 50);
    await write("data.yaml", "train: images/train\nval: images/val\nnames: [cat, dog]\ndownload: rm -rf /\n");
    await write("labels/train/a.txt", "0 0.5 0.5 0.2 0.4\t\r\n1 0.1 0.1 0.3 0.1 0.2 0.5\r\n0 nan 0.5 0.1 0.1\r\n");
    const data = await openYolo();
    expect(boxesOf(data.splits.train, 0, data.classNames)).toEqual(["cat 40 15 60 35", "dog 10 5 30 25"]);
    expect(data.splits.validation.count).toBe(1);
    expect(detectionTruth(data.splits.validation).boxes.classes).toHaveLength(0);
    expect(bench.notes.warnings.map(({ message }) => message)[0]).toContain("1 with a number that is not finite");
  });

  it("takes a photo of two splits for the later one", async () => {
    await draw("images/a.png", 100, 50);
    await write("data.yaml", "train: images\nval: images\nnames: [cat]\n");
    await write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
    const data = await openYolo();
    expect([data.splits.train.count, data.splits.validation.count]).toEqual([0, 1]);
  });
});

describe("data/coco", () => {
  it("keeps ids with gaps, crowds and mask areas, and photos without annotations", async () => {
    await draw("val/a.png", 100, 50);
    await draw("val/b.png", 60, 50);
    const instances = {
      images: [
        { id: 0, file_name: "a.png" },
        { id: 7, file_name: "b.png" },
      ],
      categories: [
        { id: 18, name: "dog" },
        { id: 3, name: "car" },
      ],
      annotations: [
        { id: 1, image_id: 0, category_id: 18, bbox: [10, 10, 20, 20], area: 123.5 },
        { id: 2, image_id: 0, category_id: 3, bbox: [0, 0, 50, 50], iscrowd: 1 },
      ],
    };
    await write("annotations/instances_val.json", JSON.stringify(instances));
    const data = await openCoco({ test: "annotations/instances_val.json" });
    expect(data.classNames).toEqual(["car", "dog"]);
    const { boxes, sizes } = detectionTruth(data.splits.test);
    expect([...sizes].sort()).toEqual([100, 50, 50, 60].sort());
    expect([...boxes.areas]).toEqual([123.5, 2500]);
    expect([...boxes.flags]).toEqual([0, 1]);
  });
});

describe("pixels and boxes of a view", () => {
  const fits: readonly (Fit | undefined)[] = [
    undefined,
    "crop",
    { letterbox: "centre", fill: 114, enlarge: true, rounding: "round" },
    { letterbox: "top-left", fill: 0, enlarge: false, rounding: "trunc" },
  ];
  it.each([
    [640, 480, [200, 150, 420, 330]],
    [480, 640, [100, 250, 300, 470]],
    [333, 1000, [60, 400, 260, 700]],
  ] as const)("agree for a photo of %i × %i at two sizes, in every fit", async (width, height, box) => {
    const [left, top, right, bottom] = box;
    await draw("a.png", width, height, [...box]);
    await write("a.xml", annotation(object("red", [left + 1, top + 1, right, bottom])));
    const augment = [
      { use: "random-resized-crop", scale: [0.5, 1], ratio: [0.75, 1.33] },
      { use: "flip", probability: 0.5 },
    ];
    const data = await openVoc({ augment });
    const { train } = data.splits;
    const truth: DetectionTruth = detectionTruth(train);
    let compared = 0;
    for (const side of [416, 640]) {
      for (const fit of fits) {
        const size: ImageSize = { height: side, width: side, channels: 3, ...(fit !== undefined && { fit }) };
        for (let number = 0; number < 4; number++) {
          const view = data.view("train", 0, number);
          const out = new Uint8Array(side * side * 3);
          await train.render([0], [view], size, out);
          const [placement] = placements(view, [{ width, height, channels: 3 }], viewerOf(size));
          if (placement === undefined) throw new Error("nothing is placed");
          const { corners } = moveBoxes(truth.boxes, 0, placement).boxes;
          const [l = 0, t = 0, r = 0, b = 0] = corners;
          // letterbox fill and black have as much red as green
          let [sum, x, y] = [0, 0, 0];
          for (let at = 0; at < side * side; at++) {
            const weight = Math.max(0, (out[at * 3] ?? 0) - (out[at * 3 + 1] ?? 0));
            sum += weight;
            x += weight * ((at % side) + 0.5);
            y += weight * (Math.floor(at / side) + 0.5);
          }
          expect(Math.abs(x / sum - (l + r) / 2)).toBeLessThan(0.25);
          expect(Math.abs(y / sum - (t + b) / 2)).toBeLessThan(0.25);
          compared++;
        }
      }
    }
    expect(compared).toBe(32);
  });

  it("of scenes are the same by one thread and by three, and every photo's boxes are in the truth", async () => {
    const shapes = [
      [80, 60],
      [50, 90],
      [64, 64],
      [120, 40],
      [33, 70],
    ] as const;
    for (const [at, [width, height]] of shapes.entries()) {
      await draw(`${at}.png`, width, height, [8, 8, 30, 30]);
      await write(`${at}.xml`, annotation(object("red", [9, 9, 30, 30])));
    }
    const augment = [
      { use: "hsv-jitter", hue: 0.015, saturation: 0.7, value: 0.4 },
      { use: "mosaic", probability: 1 },
      { use: "scale-translate", scale: [0.3, 0.3], translate: 0 },
      { use: "mixup", alpha: 8, probability: 0.5 },
    ];
    const size: ImageSize = { height: 64, width: 96, channels: 3 };
    const indices = [0, 1, 2, 3, 4];
    const batches: Uint8Array[] = [];
    for (const workers of [1, 3]) {
      const data = await openVoc({ augment, workers });
      const { train } = data.splits;
      const views = indices.map((index) => data.view("train", index, 3));
      const out = new Uint8Array(indices.length * 64 * 96 * 3);
      await train.render(indices, views, size, out);
      batches.push(out);
      expect([data.mixes, data.photos]).toEqual([true, 8]);
      const [input] = detectionInputs;
      const truth = detectionTruth(train);
      const facts = { classNames: data.classNames, mixes: true, photos: data.photos ?? 1, options: {} };
      const { shape = [] } = input?.spec(facts, truth) ?? {};
      expect(shape).toEqual([8, 6]);
      const rows = new Float32Array(indices.length * 48);
      input?.fill?.({ truth, indices, views, imageSize: size }, rows);
      // at 0.3 all four photos are seen, wherever they meet: 4 boxes each, and 8 where two are mixed
      const counts = indices.map((at) =>
        Array.from({ length: 8 }, (_, box) => rows[at * 48 + box * 6]).filter((c) => c === 0),
      );
      expect(counts.map((found) => found.length)).toEqual(views.map(({ mix }) => (mix === undefined ? 4 : 8)));
      expect(new Set(views.map(({ mix }) => mix === undefined)).size).toBe(2);
      if (workers === 1) continue;
      // a tile that cannot be read is named, not the photo around it
      const [tile = ""] = (views[0]?.tiles ?? []).map(({ index }) => `${index}.png`);
      await writeFile(join(bench.folder, "set", tile), "no photo");
      const error = await caughtFrom(train.render([0], views, size, out.subarray(0, 64 * 96 * 3)));
      expect([error.code, error.message.includes(tile)]).toEqual(["KDF_INPUT_IMAGE", true]);
    }
    expect(batches[0]).toEqual(batches[1]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("follow the photo's orientation %i", async (orientation) => {
    await draw("a.png", 80, 40, [10, 5, 30, 25], orientation);
    const isTurned = orientation > 4;
    await write("a.xml", annotation(object("red", [1, 1, 5, 5])));
    const data = await openVoc({});
    expect([...detectionTruth(data.splits.train).sizes]).toEqual(isTurned ? [80, 40] : [40, 80]);
  });

  it("are refused where they cannot agree", async () => {
    await draw("a.png", 80, 40);
    await write("a.xml", annotation(object("red", [1, 1, 5, 5])));
    const context = { ...bench.context(7, bench.folder), lookup: () => ({ movesPixels: true }) };
    const options = { ...defaults, corners: "pixels", root: "set", augment: [{ use: "rand-augment" }] };
    const error = await caughtFrom(Promise.resolve(voc.describe?.(options as never, {}, context as never)));
    expect(error.code).toBe("KDF_PLAN_OPTIONS");
    expect(error.message).toContain("rand-augment");
  });
});

const voc100 = sharedFile("photos/voc100/data/database");
describe.skipIf(voc100.missing !== "")(`real photos ${voc100.missing}`, () => {
  const at = (path: string): string => sharedFile(path).path;
  it("have the same boxes from VOC XML, COCO JSON and YOLO text", async () => {
    const root = voc100.path;
    const xml = await openVoc({ root, annotations: "gts/pascalvoc_format", photos: "images" });
    const { classNames } = xml;
    const json = await openCoco({ root, train: "gts/coco_format_v1/instances_default.json", photos: "images" });
    const names = (await readFile(join(root, "gts/yolo_format/obj.names"), "utf8")).trim().split(/\r?\n/);
    const text = await openYolo({ root, train: "images", labels: "gts/yolo_format/obj_train_data", classes: names });
    const sorted = (data: Dataset): string[][] =>
      Array.from({ length: data.splits.train.count }, (_, image) =>
        boxesOf(data.splits.train, image, data.classNames).sort(),
      );
    expect(xml.splits.train.count).toBe(100);
    expect(sorted(xml).flat()).toHaveLength(273);
    expect(classNames).toHaveLength(20);
    const centre = (row: string): string => row.split(" ")[0] ?? "";
    expect(sorted(json).map((rows) => rows.map(centre))).toEqual(sorted(xml).map((rows) => rows.map(centre)));
    expect(sorted(text).map((rows) => rows.map(centre))).toEqual(sorted(xml).map((rows) => rows.map(centre)));
  });

  it("are read by content: PNG files named .jpg, with alpha and palettes", async () => {
    const data = await openCoco({
      root: at("photos/fruit"),
      train: "annotations/instances_train.json",
      test: "annotations/instances_test.json",
    });
    expect([data.splits.train.count, data.splits.test.count]).toEqual([240, 60]);
    expect(data.classNames).toEqual(["apple", "banana", "orange"]);
    const boxes = [data.splits.train, data.splits.test].map((split) => detectionTruth(split).boxes.classes.length);
    expect(boxes[0]).toBeGreaterThan(0);
  });

  it("come in three splits from the lists of a folder without years", async () => {
    const data = await openVoc({ root: at("photos/blood-cells/BCCD") });
    expect(data.classNames).toEqual(["Platelets", "RBC", "WBC"]);
    const { train, validation, test } = data.splits;
    expect(train.count + validation.count + test.count).toBe(364);
    expect(Math.min(train.count, validation.count, test.count)).toBeGreaterThan(0);
  });
});
