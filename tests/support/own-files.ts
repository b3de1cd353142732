import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { layersModelFiles } from "../../core/index.ts";
import { imageFolder } from "../../plugins/data/image-folder.ts";
import { encodeArrowFile } from "../../plugins/soft-labels/files/arrow-file.ts";
import { classLabels } from "../../plugins/tasks/classification/class-labels.ts";
import { testBackend } from "./backend.ts";
import { writeTinyCifar } from "./cifar.ts";
import { drawnWeight } from "./drawn-weights.ts";
import { writeGraphModel } from "./graph-model.ts";
import { meanClassifier } from "./mean-classifier.ts";
import { writeOwnPhotos } from "./own-photos.ts";
import { safetensorsBytes } from "./safetensors-bytes.ts";
import { openWorkbench } from "./stage-workbench.ts";

const side = 16;

/**
 * Writes photos with teachers, small data sets in the layout of larger ones, and soft labels of digits.
 *
 * @param mnist a folder of MNIST's files, which stand for Fashion-MNIST's too
 * @param count training images of each data set
 * @returns paths, under the names of the recipes' variables
 */
export async function writeOwnFiles(
  root: string,
  mnist: string,
  count: number,
): Promise<Readonly<Record<string, string>>> {
  const own = (name: string): string => join(root, name);
  const photos = await writeOwnPhotos(root);
  await writeTinyCifar(own("cifar10"), 10, count / 5);
  await writeTinyCifar(own("cifar100"), 100, count);
  await writeLabels(own("labels.arrow"), mnist);
  await writeModels(root, photos.photos);
  const student = await writePublished("retinaface-mobilenet_v1_025", own("mobilenet_v1_025.safetensors"));
  return {
    ...photos,
    cifar10: own("cifar10"),
    cifar100: own("cifar100"),
    fashionMnist: mnist,
    labels: own("labels.arrow"),
    graphModel: own("graph"),
    graphClasses: own("names.txt"),
    layersModel: own("layers"),
    layersClasses: own("names.txt"),
    scenes: await writeScenes(own("scenes"), count),
    ...(await writePublished("torchvision-mobilenet_v2", own("mobilenet_v2.safetensors"))),
    studentWeights: student.weights,
    studentSha256: student.weightsSha256,
  };
}

/** Photos of digits with boxes, in VOC's folders: `count` to train on and to validate. */
async function writeScenes(path: string, count: number): Promise<string> {
  const script = join(import.meta.dirname, "../../scripts/digits-scenes.mjs");
  const counts = ["--train", String(count), "--test", "4"];
  await promisify(execFile)(process.execPath, [script, "--out", path, "--format", "voc", ...counts]);
  return path;
}

/** A state dict as a published network has it, of numbers that nobody trained. */
async function writePublished(name: string, path: string): Promise<{ weights: string; weightsSha256: string }> {
  const golden = new URL(`../golden/published-weights/${name}.json`, import.meta.url);
  const { shapes } = JSON.parse(await readFile(golden, "utf8")) as { shapes: Record<string, number[]> };
  const bytes = safetensorsBytes(
    new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape, values: drawnWeight(name, shape) }])),
  );
  await writeFile(path, bytes);
  return { weights: path, weightsSha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Logits of all training digits, found by their digests: ten for the digit itself, zero for the others. */
async function writeLabels(path: string, mnist: string): Promise<void> {
  await using bench = await openWorkbench();
  const { train } = (await bench.data({ root: mnist, validation: 0 })).splits;
  const digests = Uint8Array.from(Buffer.from(train.digests.join(""), "hex"));
  const labels = classLabels(train);
  const logits = Float32Array.from({ length: train.count * 10 }, (_, at) =>
    labels[Math.floor(at / 10)] === at % 10 ? 10 : 0,
  );
  const columns = [
    { name: "digest", type: "uint8", listSize: 32, values: digests },
    { name: "logits", type: "float32", listSize: 10, values: logits },
  ] as const;
  await writeFile(path, await encodeArrowFile(train.count, columns, new Map()));
}

/** Classifiers of the photos in both formats of TensorFlow.js: a graph for pixels of −1…1, layers for those of 0…1. */
async function writeModels(root: string, photos: string): Promise<void> {
  await using bench = await openWorkbench();
  const options = { root: photos, imageSize: side, test: 0, maxBadImages: 0, fit: "crop", cache: false, workers: 1 };
  const { splits, classNames } = await bench.data(options, 1, imageFolder);
  const size = { height: side, width: side, channels: 3 };
  const signed = await meanClassifier(splits.train, size, classNames.length, { scale: 2 / 255, offset: -1 });
  await writeGraphModel(join(root, "graph"), signed, size);
  const { kernel, bias } = await meanClassifier(splits.train, size, classNames.length);
  const { tf } = await testBackend();
  const model = tf.sequential();
  model.add(tf.layers.flatten({ inputShape: [side, side, 3] }));
  model.add(tf.layers.dense({ units: classNames.length }));
  model.setWeights([tf.tensor2d(kernel, [side * side * 3, classNames.length]), tf.tensor1d(bias)]);
  await mkdir(join(root, "layers"), { recursive: true });
  for (const [name, bytes] of Object.entries(await layersModelFiles(model)))
    await writeFile(join(root, "layers", name), bytes);
  await writeFile(join(root, "names.txt"), `${classNames.join("\n")}\n`);
}
