import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseCocoInstances } from "../../plugins/data/boxes/coco-instances.ts";
import { parseVocXml } from "../../plugins/data/boxes/voc-xml.ts";
import { parseYoloLabels } from "../../plugins/data/boxes/yolo-labels.ts";
import { readTensorFile } from "../../plugins/networks/weights/read-tensor-file.ts";
import { encodeArrowFile } from "../../plugins/soft-labels/files/arrow-file.ts";
import { openLabelFile } from "../../plugins/soft-labels/files/label-file.ts";
import { translateDarknet } from "../../plugins/teachers/darknet/darknet-model.ts";
import { productsOf } from "../../plugins/teachers/onnx/multiply-adds.ts";
import { readOnnxFile } from "../../plugins/teachers/onnx/onnx-file.ts";
import { readLayersModel, smallLayersModel } from "./layers-model.ts";

/** Files of a format, and how kdflow reads them. */
interface Format {
  /** Whole files, by name. Each in turn is broken while the others stay as they are. */
  files(): Promise<Readonly<Record<string, Uint8Array>>>;
  /** Reads what lies in a folder. */
  read(folder: string): Promise<unknown>;
}

const fixture = (path: string): Promise<Uint8Array> => readFile(join(import.meta.dirname, "../fixtures", path));
const textOf = (folder: string, name: string): Promise<string> => readFile(join(folder, name), "utf8");
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

/** Weights that a student starts from. */
const weights = (path: string, name: string): Format => ({
  files: async () => ({ [name]: await fixture(path) }),
  read: async (folder) => {
    const file = join(folder, name);
    const digest = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    return readTensorFile(file, digest);
  },
});

/** Soft labels that are imported: two rows of three classes. */
const labels = (name: string, file: () => Promise<Uint8Array>): Format => ({
  files: async () => ({ [name]: await file() }),
  read: async (folder) => {
    const opened = await openLabelFile(join(folder, name));
    try {
      return await opened.read([0, opened.rows - 1]);
    } finally {
      await opened.close();
    }
  },
});

const voc = `<annotation><filename>a.jpg</filename><size><width>64</width><height>48</height><depth>3</depth></size>
<object><name>cat</name><difficult>0</difficult><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>20</xmax><ymax>30</ymax></bndbox></object>
<object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>64</xmax><ymax>48</ymax></bndbox></object></annotation>
`;
const coco = JSON.stringify({
  images: [{ id: 1, file_name: "a.jpg", width: 64, height: 48 }],
  categories: [{ id: 3, name: "cat" }],
  annotations: [
    { id: 1, image_id: 1, category_id: 3, bbox: [3, 4, 17, 26], area: 442, iscrowd: 0 },
    {
      id: 2,
      image_id: 1,
      category_id: 3,
      bbox: [0, 0, 9, 9],
      iscrowd: 1,
      segmentation: { size: [48, 64], counts: [9, 9] },
    },
  ],
});
const cfg = `[net]
width=32
height=32
channels=3

[convolutional]
batch_normalize=1
filters=4
size=3
stride=2
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[upsample]
stride=2

[route]
layers=-1,-3

[convolutional]
filters=18
size=1
stride=1
pad=1
activation=linear

[yolo]
mask=0,1,2
anchors=4,5, 8,9, 12,14
classes=1
`;
/** A header of five numbers, then 4 · 4 + 4 · 3 · 9 for the first convolution and 18 + 18 · 8 for the second. */
const darknetWeights = Buffer.concat([Buffer.from(Int32Array.of(0, 2, 0, 0, 0).buffer), Buffer.alloc(4 * (124 + 162))]);

export const formats: Readonly<Record<string, Format>> = {
  onnx: {
    files: async () => ({ "model.onnx": await fixture("onnx/boxes.onnx") }),
    read: async (folder) => {
      const path = join(folder, "model.onnx");
      const file = await readOnnxFile(path);
      return [file, productsOf(await readFile(path))];
    },
  },
  "model-json": { files: smallLayersModel, read: readLayersModel },
  arrow: labels("labels.arrow", () =>
    encodeArrowFile(
      2,
      [{ name: "logits", type: "float32", values: Float32Array.of(1, 2, 3, 4, 5, 6), listSize: 3 }],
      new Map([["kdflow.classes", '["a","b","c"]']]),
    ),
  ),
  npy: labels("labels.npy", () => fixture("npy/three-classes.npy")),
  safetensors: weights("weights/state.safetensors", "weights.safetensors"),
  npz: weights("weights/deflated.npz", "weights.npz"),
  pth: weights("weights/zip.pt", "weights.pth"),
  "pth-legacy": weights("weights/legacy.pt", "weights.pth"),
  darknet: {
    files: async () => ({ "net.cfg": bytesOf(cfg), "net.weights": darknetWeights }),
    read: async (folder) =>
      translateDarknet(
        { file: "net.cfg", text: await textOf(folder, "net.cfg") },
        { file: "net.weights", bytes: await readFile(join(folder, "net.weights")) },
      ),
  },
  voc: {
    files: async () => ({ "a.xml": bytesOf(voc) }),
    read: async (folder) => parseVocXml("a.xml", await textOf(folder, "a.xml")),
  },
  coco: {
    files: async () => ({ "instances.json": bytesOf(coco) }),
    read: async (folder) => parseCocoInstances("instances.json", await textOf(folder, "instances.json")),
  },
  yolo: {
    files: async () => ({ "a.txt": bytesOf("0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.2 0.1 0.2 0.2\n") }),
    read: async (folder) =>
      parseYoloLabels("a.txt", await textOf(folder, "a.txt"), { width: 64, height: 48 }, ["cat", "dog"]),
  },
};
