import { execFile } from "node:child_process";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { onnxBytes } from "./onnx-model.ts";

/** What the generated detectors see. */
const side = 64;
/** Cells at strides of 8, 16 and 32, and anchors of each. */
const cells = [8, 16, 32].reduce((sum, stride) => sum + (side / stride) ** 2, 0);
const anchors = 3;
const queries = 300;
const digits = Array.from({ length: 10 }, (_, digit) => `digit${digit}`);

/**
 * Writes detectors in the layouts of their exporters, whose answers are the same for every photo, and photos in the
 * folders of VOC's devkit, of COCO and of YOLO; those of YOLO have classes that COCO's detectors know.
 *
 * @param count training photos of each
 * @returns paths, under the names of the recipes' variables
 */
export async function writeDetectorFiles(root: string, count: number): Promise<Readonly<Record<string, string>>> {
  await mkdir(root, { recursive: true });
  const own = (name: string): string => join(root, name);
  await writeFile(own("digits.names"), `${digits.join("\n")}\n`);
  const names = `{${digits.map((name, id) => `${id}: '${name}'`).join(", ")}}`;
  await writeFile(own("yolov7.onnx"), gridExport("output"));
  await writeFile(own("yolov5.onnx"), gridExport("output0", { names, stride: "32" }));
  await writeFile(own("rf-detr.onnx"), queryExport());
  return {
    yolov7: own("yolov7.onnx"),
    yolov5: own("yolov5.onnx"),
    rfDetr: own("rf-detr.onnx"),
    names: own("digits.names"),
    devkit: await writeDevkit(own("VOCdevkit"), count),
    yolo: await writeYolo(own("yolo"), count),
    ...(await writeCoco(own("coco"), count)),
  };
}

/** YOLOv5's and YOLOv7's `--grid`: `[1, rows, 5 + classes]`, middle and sides in pixels, probabilities. */
function gridExport(output: string, metadata: Readonly<Record<string, string>> = {}): Buffer {
  const [rows, width] = [anchors * cells, 5 + digits.length];
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const [x, y] = [((row * 7) % 50) + 7, ((row * 11) % 50) + 7];
    values.set([x, y, 10, 12, (row % 10) / 12], row * width);
    values[row * width + 5 + (row % digits.length)] = 0.8;
  }
  return constantExport([{ name: output, shape: [1, rows, width], values }], metadata);
}

/** RF-DETR's: `dets` `[1, queries, 4]` in shares of the sides, `labels` `[1, queries, classes + 1]` logits. */
function queryExport(): Buffer {
  const width = digits.length + 1;
  const dets = Float32Array.from({ length: queries * 4 }, (_, at) =>
    at % 4 < 2 ? 0.1 + ((at * 13) % 80) / 100 : 0.15,
  );
  const labels = Float32Array.from({ length: queries * width }, (_, at) => (at % 37 === 0 ? 2 : -5));
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

async function writeYolo(path: string, count: number): Promise<string> {
  await writeScenes(path, "yolo", count, 4);
  const classes = ["person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "bird"];
  const data = join(path, "data.yaml");
  const text = (await readFile(data, "utf8")).replace(/names:[\s\S]*/, "");
  await writeFile(data, `${text}names: [${classes.join(", ")}]\n`);
  return path;
}

/** COCO's folders, and the truth of the training photos as a detector's results. */
async function writeCoco(path: string, count: number): Promise<Readonly<Record<string, string>>> {
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
