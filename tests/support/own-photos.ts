import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import type { Rng } from "../../core/index.ts";
import { createRng } from "../../core/tensors/rng.ts";
import { imageFolder } from "../../plugins/data/image-folder.ts";
import { pixelScaling } from "../../plugins/teachers/asking/pixel-scaling.ts";
import { meanClassifier } from "./mean-classifier.ts";
import { linearGraph, onnxBytes } from "./onnx-model.ts";
import { openWorkbench } from "./stage-workbench.ts";

/** What a person brings: photos by class, photos without labels, and classifiers in ONNX files. */
export interface OwnPhotos {
  readonly photos: string;
  readonly unlabelled: string;
  readonly model: string;
  readonly classes: string;
  readonly secondModel: string;
  readonly secondClasses: string;
}

const colours: Readonly<Record<string, readonly number[]>> = {
  daisy: [225, 215, 190],
  rose: [190, 40, 60],
  violet: [90, 50, 170],
};
const counts = { train: 8, validation: 4, test: 4 };
/** Training photos of all classes. */
export const trainingPhotos: number = 3 * counts.train;

/**
 * Writes `photos/{train,validation,test}/{daisy,rose,violet}/*.jpg`, `unlabelled/*.jpg`, and two classifiers by the
 * nearest mean of each class: one that takes ImageNet's normalisation, channels first, and logits; another of a
 * different input size, with its classes in another order, that ends in a softmax.
 */
export async function writeOwnPhotos(root: string): Promise<OwnPhotos> {
  const rng = createRng(11, "own photos");
  const names = Object.keys(colours);
  for (const [split, count] of Object.entries(counts)) {
    for (const name of names) {
      for (let at = 0; at < count; at++) await writeFlower(join(root, "photos", split, name, `${at}.jpg`), name, rng);
    }
  }
  for (let at = 0; at < 18; at++) {
    await writeFlower(join(root, "unlabelled", `${at}.jpg`), names[at % 3] ?? "", rng);
  }
  const own = (name: string): string => join(root, name);
  await writeTeacher(root, own("teacher"), { side: 16, order: [0, 1, 2], softmax: false });
  await writeTeacher(root, own("second-teacher"), { side: 12, order: [2, 0, 1], softmax: true });
  return {
    photos: own("photos"),
    unlabelled: own("unlabelled"),
    model: own("teacher.onnx"),
    classes: own("teacher.txt"),
    secondModel: own("second-teacher.onnx"),
    secondClasses: own("second-teacher.txt"),
  };
}

/** A JPEG of 40×32 pixels: the colour of its class under noise. */
async function writeFlower(path: string, name: string, rng: Rng): Promise<void> {
  const pixels = Uint8Array.from({ length: 32 * 40 * 3 }, (_, at) => {
    const value = (colours[name]?.[at % 3] ?? 0) + 12 * rng.normal();
    return Math.max(0, Math.min(255, Math.round(value)));
  });
  await mkdir(dirname(path), { recursive: true });
  await sharp(pixels, { raw: { width: 40, height: 32, channels: 3 } })
    .jpeg()
    .toFile(path);
}

interface TeacherShape {
  readonly side: number;
  /** Which of the data's classes each output is. */
  readonly order: readonly number[];
  readonly softmax: boolean;
}

/** Writes `path.onnx` and `path.txt`; learns from the training photos of the folder. */
async function writeTeacher(root: string, path: string, { side, order, softmax }: TeacherShape): Promise<void> {
  await using bench = await openWorkbench();
  const photos = { root: join(root, "photos"), imageSize: side, test: 0, maxBadImages: 0, fit: "crop", cache: false };
  const { splits, classNames } = await bench.data({ ...photos, workers: 1 }, 1, imageFolder);
  const classes = order.length;
  const plain = await meanClassifier(splits.train, { height: side, width: side, channels: 3 }, classes);
  const { kernel, bias } = ofImagenetPixels(plain, side, order);
  const graph = linearGraph({ shape: ["N", 3, side, side], kernel, bias, softmax });
  await writeFile(`${path}.onnx`, onnxBytes(graph));
  await writeFile(`${path}.txt`, `${order.map((label) => classNames[label]).join("\n")}\n`);
}

/**
 * The same map of pixels that are normalised for ImageNet, channels first: with p = (255 s) x + o for x in 0…1,
 * k · x + b = (k / (255 s)) · p + b − Σ k o / (255 s). Logits are 30 times as large, for a teacher that is sure.
 */
function ofImagenetPixels(
  plain: { readonly kernel: Float32Array; readonly bias: Float32Array },
  side: number,
  order: readonly number[],
): { readonly kernel: Float32Array; readonly bias: Float32Array } {
  const { scale, offset } = pixelScaling("imagenet", 3);
  const classes = order.length;
  const kernel = new Float32Array(plain.kernel.length);
  const bias = Float32Array.from(order, (label) => 30 * (plain.bias[label] ?? 0));
  for (let place = 0; place < side * side; place++) {
    for (let channel = 0; channel < 3; channel++) {
      for (const [output, label] of order.entries()) {
        const from = (place * 3 + channel) * classes + label;
        const value = (30 * (plain.kernel[from] ?? 0)) / (255 * (scale[channel] ?? 1));
        kernel[(channel * side * side + place) * classes + output] = value;
        bias[output] = (bias[output] ?? 0) - value * (offset[channel] ?? 0);
      }
    }
  }
  return { kernel, bias };
}
