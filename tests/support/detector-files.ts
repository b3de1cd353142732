import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { sharedFile } from "../unit/tasks/detection/shared-data.ts";
import { onnxBytes } from "./onnx-model.ts";

/** What the generated detectors see. */
const side = 64;
/** Cells at strides of 8, 16 and 32, and anchors of each. */
const cells = [8, 16, 32].reduce((sum, stride) => sum + (side / stride) ** 2, 0);
const anchors = 3;
const queries = 300;
const digits = Array.from({ length: 10 }, (_, digit) => `digit${digit}`);

/**
 * Writes detectors in the layouts of their exporters, whose answers are the same for every photo
 * and right of a test photo, and photos in the
 * folders of VOC's devkit, of COCO and of YOLO.
 *
 * @param count training photos of each
 * @returns paths, under the names of the recipes' variables
 */
export async function writeDetectorFiles(root: string, count: number): Promise<Readonly<Record<string, string>>> {
  await mkdir(root, { recursive: true });
  const own = (name: string): string => join(root, name);
  const devkit = await writeDevkit(own("VOCdevkit"), count);
  const coco = await writeCoco(own("coco"), count);
  const things = [...(await thingsOfDevkit(devkit)), ...(await thingsOfCoco(coco.coco))];
  await writeFile(own("digits.names"), `${digits.join("\n")}\n`);
  const names = `{${digits.map((name, id) => `${id}: '${name}'`).join(", ")}}`;
  await writeFile(own("yolov7.onnx"), gridExport("output", things));
  await writeFile(own("yolov5.onnx"), gridExport("output0", things, { names, stride: "32" }));
  await writeFile(own("rf-detr.onnx"), queryExport(things));
  return {
    yolov7: own("yolov7.onnx"),
    yolov5: own("yolov5.onnx"),
    rfDetr: own("rf-detr.onnx"),
    names: own("digits.names"),
    devkit,
    yolo: await writeYolo(own("yolo")),
    ...coco,
  };
}

/** A thing on a test photo: middle and sides in shares of the photo's. */
interface Thing {
  readonly class: number;
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** YOLOv5's and YOLOv7's `--grid`: `[1, rows, 5 + classes]`, middle and sides in pixels, probabilities. */
function gridExport(output: string, things: readonly Thing[], metadata: Readonly<Record<string, string>> = {}): Buffer {
  const [rows, width] = [anchors * cells, 5 + digits.length];
  const values = new Float32Array(rows * width);
  for (const [row, { class: id, box }] of things.entries()) {
    values.set([...box.map((share) => share * side), 0.9], row * width);
    values[row * width + 5 + id] = 0.8;
  }
  return constantExport([{ name: output, shape: [1, rows, width], values }], metadata);
}

/** RF-DETR's: `dets` `[1, queries, 4]` in shares of the sides, `labels` `[1, queries, classes + 1]` logits. */
function queryExport(things: readonly Thing[]): Buffer {
  const width = digits.length + 1;
  const dets = new Float32Array(queries * 4).fill(0.1);
  const labels = new Float32Array(queries * width).fill(-8);
  for (const [query, { class: id, box }] of things.entries()) {
    dets.set(box, query * 4);
    labels[query * width + id] = 1.5;
  }
  return constantExport([
    { name: "dets", shape: [1, queries, 4], values: dets },
    { name: "labels", shape: [1, queries, width], values: labels },
  ]);
}

interface Answer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

function constantExport(answers: readonly Answer[], metadata: Readonly<Record<string, string>> = {}): Buffer {
  return onnxBytes({
    inputs: [{ name: "images", shape: [1, 3, side, side] }],
    outputs: answers.map(({ name, shape }) => ({ name, shape: [...shape] })),
    nodes: answers.map(({ name }) => ({ op: "Identity", inputs: [`${name}-table`], outputs: [name] })),
    weights: answers.map(({ name, shape, values }) => ({ name: `${name}-table`, shape, values })),
    metadata,
  });
}

async function writeScenes(path: string, format: string, count: number, seed: number): Promise<void> {
  const script = join(import.meta.dirname, "../../scripts/digits-scenes.mjs");
  const counts = ["--train", String(count), "--test", "4", "--seed", String(seed)];
  await promisify(execFile)(process.execPath, [script, "--out", path, "--format", format, ...counts]);
}

/** Half of the training photos in VOC2007, which has the test photos too, and half in VOC2012. */
async function writeDevkit(path: string, count: number): Promise<string> {
  for (const [seed, year] of ["VOC2007", "VOC2012"].entries()) {
    const folder = join(path, year);
    await writeScenes(folder, "voc", count / 2, seed + 1);
    const lists = join(folder, "ImageSets", "Main");
    const [train, validation] = await Promise.all(
      ["train", "val"].map((list) => readFile(join(lists, `${list}.txt`), "utf8").catch(() => "")),
    );
    await writeFile(join(lists, "trainval.txt"), `${train}${validation}`);
  }
  return path;
}

/** Things on the test photos of VOC2007. */
async function thingsOfDevkit(devkit: string): Promise<Thing[]> {
  const folder = join(devkit, "VOC2007");
  const names = (await readFile(join(folder, "ImageSets", "Main", "test.txt"), "utf8")).trim().split(/\s+/);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, "Annotations", `${name}.xml`), "utf8")));
  return texts.flatMap((text) => {
    const size = Number(/<width>(\d+)/.exec(text)?.[1]);
    return [...text.matchAll(/<object>[\s\S]*?<\/object>/g)].map(([object]): Thing => {
      const number = (tag: string): number => Number(new RegExp(`<${tag}>([\\d.]+)`).exec(object)?.[1]);
      const [left, top, right, bottom] = [number("xmin"), number("ymin"), number("xmax"), number("ymax")];
      const name = /<name>(\w+)/.exec(object)?.[1] ?? "";
      return thingOf(digits.indexOf(name), [left, top, right - left, bottom - top], size);
    });
  });
}

async function thingsOfCoco(coco: string): Promise<Thing[]> {
  const text = await readFile(join(coco, "annotations", "instances_val2017.json"), "utf8");
  const { images, annotations, categories } = JSON.parse(text) as {
    images: readonly { width: number }[];
    annotations: readonly { category_id: number; bbox: readonly number[] }[];
    categories: readonly { id: number; name: string }[];
  };
  return annotations.map(({ category_id, bbox }) => {
    const name = categories.find(({ id }) => id === category_id)?.name ?? "";
    return thingOf(digits.indexOf(name), bbox, images[0]?.width ?? 1);
  });
}

/** @param bounds left, top, width and height in pixels of a square photo */
function thingOf(id: number, bounds: readonly number[], size: number): Thing {
  const [left = 0, top = 0, width = 0, height = 0] = bounds.map((edge) => edge / size);
  return { class: id, box: [left + width / 2, top + height / 2, width, height] };
}

/** Real photos in YOLO's folders, whose classes are those of darknet's real detectors; empty where there are none here. */
async function writeYolo(path: string): Promise<string> {
  const { path: photos, missing } = sharedFile("photos/coco128-val");
  if (missing !== "") return path;
  for (const folder of ["images", "labels"]) await cp(join(photos, folder), join(path, folder), { recursive: true });
  // the photos of its own file are those of training and validation at once
  const text = await readFile(join(photos, "data.yaml"), "utf8");
  await writeFile(join(path, "data.yaml"), text.replace(/^val:.*$/m, ""));
  return path;
}

/** COCO's folders, and the truth of the training photos as a detector's results. */
async function writeCoco(
  path: string,
  count: number,
): Promise<Readonly<Record<"coco" | "images" | "results", string>>> {
  await writeScenes(path, "coco", count, 3);
  for (const [from, to] of [
    ["train", "train2017"],
    ["test", "val2017"],
  ] as const) {
    await rename(
      join(path, "annotations", `instances_${from}.json`),
      join(path, "annotations", `instances_${to}.json`),
    );
    await rename(join(path, from), join(path, to));
  }
  const images = join(path, "annotations", "instances_train2017.json");
  const results = join(dirname(path), "detections.json");
  const { annotations } = JSON.parse(await readFile(images, "utf8")) as {
    annotations: readonly { image_id: number; category_id: number; bbox: readonly number[] }[];
  };
  const found = annotations.map(({ image_id, category_id, bbox }) => ({ image_id, category_id, bbox, score: 0.9 }));
  await writeFile(results, JSON.stringify(found));
  return { coco: path, images, results };
}
