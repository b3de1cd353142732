/** Every built-in provider of a stage keeps the contract of its family, and has the same key in two processes. */

import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend, FamilyName, Model, PortValues, ProviderUse, SoftLabels } from "../../core/index.ts";
import { isStageFamily } from "../../core/plugins/check-plugin.ts";
import { createRegistry } from "../../core/plugins/create-registry.ts";
import { createHooks } from "../../core/plugins/hooks.ts";
import type { Registry } from "../../core/plugins/registry.ts";
import { openSession } from "../../core/run/session.ts";
import { checkAbort, checkKeys, checkStage, defaultOptions } from "../../core/testing/index.ts";
import { yolo } from "../../plugins/data/yolo.ts";
import { builtins } from "../../plugins/index.ts";
import { classLabels } from "../../plugins/tasks/classification/class-labels.ts";
import { classificationId, classifierOutputs } from "../../plugins/tasks/classification/names.ts";
import { openModel } from "../../plugins/trainers/start/model-files.ts";
import { testBackend } from "../support/backend.ts";
import { builtInComponents } from "../support/built-in-components.ts";
import { writeTinyCifar } from "../support/cifar.ts";
import { writeGraphModel } from "../support/graph-model.ts";
import { linearTeacher } from "../support/linear-teacher.ts";
import { meanClassifier } from "../support/mean-classifier.ts";
import { writeTinyMnist } from "../support/mnist.ts";
import { npyBytes } from "../support/npy.ts";
import { writePhoto, writePhotoFolder } from "../support/photos.ts";
import { missingModules } from "../support/python.ts";
import { rowTeacher } from "../support/row-teacher.ts";
import { openWorkbench, type Workbench } from "../support/stage-workbench.ts";
import { tappedTeacher } from "../support/tapped-teacher.ts";

const network = { use: "classifier", backbone: { use: "resnet", depth: 8 } };
const hard = { use: "cross-entropy", weight: 0.5, options: { labelSmoothing: 0 } };
const soft = { use: "kd", weight: 0.5, options: { temperature: 4 } };
const student: ProviderUse = network;
const loss: ProviderUse = { use: "sum", "cross-entropy": hard, kd: soft };
const training = { epochs: 1, batchSize: 16 };

const detectorFile = (name: string) =>
  fileURLToPath(new URL(`../cases/detector-knows-no-class/net.${name}`, import.meta.url));
const detector = { model: detectorFile("cfg"), weights: detectorFile("weights"), classes: detectorFile("names") };

const onnxFile = fileURLToPath(new URL("../fixtures/onnx/ten.onnx", import.meta.url));

interface Case {
  readonly options: Readonly<Record<string, unknown>>;
  inputs(): Promise<PortValues>;
}

/** Options beside the defaults, and real inputs, of every built-in provider of a stage that stores what it makes. */
const cases: Readonly<Record<string, Case>> = {
  "data/mnist": { options: { root: "digits" }, inputs: async () => ({}) },
  "data/fashion-mnist": { options: { root: "digits" }, inputs: async () => ({}) },
  "data/cifar": { options: { root: "cifar", validation: 0.3 }, inputs: async () => ({}) },
  "data/image-folder": {
    options: { root: "photos", imageSize: 8, cache: true, validation: 0.3, test: 0.3 },
    inputs: async () => ({}),
  },
  "data/images": { options: { root: "photos", imageSize: 8 }, inputs: async () => ({}) },
  "data/voc": { options: { root: "boxes/images", imageSize: 32 }, inputs: async () => ({}) },
  "data/coco": { options: { root: "boxes", train: "instances.json", imageSize: 32 }, inputs: async () => ({}) },
  "data/yolo": { options: { root: "boxes", imageSize: 32 }, inputs: async () => ({}) },
  "data/pseudo-labels": {
    options: { minScore: 0.5 },
    inputs: async () => ({ data: await data(), softLabels: await knownLabels() }),
  },
  "teacher/train": { options: { network, ...training }, inputs: async () => ({ data: await data() }) },
  "teacher/onnx": { options: { model: onnxFile }, inputs: async () => ({ data: await data() }) },
  "teacher/darknet": { options: detector, inputs: async () => ({ data: await boxes() }) },
  "teacher/layers-model": { options: { model: "layers" }, inputs: async () => ({ data: await data() }) },
  "teacher/graph-model": { options: { model: "graph" }, inputs: async () => ({ data: await data() }) },
  "teacher/ensemble": {
    options: { members: [{ use: "onnx", model: onnxFile, channelOrder: "rgb", output: "auto" }] },
    inputs: async () => ({ data: await data() }),
  },
  "model/training-checkpoint": {
    options: { checkpoint: "checkpoint" },
    inputs: async () => ({ data: [await data()], student }),
  },
  "model/layers-model": { options: { model: "layers" }, inputs: async () => ({ data: await data() }) },
  "softLabels/online": { options: {}, inputs: async () => ({ data: await data(), teacher: linearTeacher() }) },
  "softLabels/import": { options: { file: "labels.npy" }, inputs: async () => ({ data: await data() }) },
  "softLabels/import-detections": {
    options: { file: "found.json", images: "boxes/instances.json" },
    inputs: async () => ({ data: await boxes() }),
  },
  "softLabels/logits": {
    options: { shardSize: 16, batchSize: 8 },
    inputs: async () => ({ data: await data(), teacher: linearTeacher() }),
  },
  "softLabels/features": {
    options: { taps: ["pooled"], shardSize: 16, batchSize: 8 },
    inputs: async () => ({ data: await data(), teacher: tappedTeacher() }),
  },
  "softLabels/detections": {
    options: { shardSize: 16, batchSize: 8 },
    inputs: async () => ({ data: await boxes(), teacher: rowTeacher({ classNames: ["ship"] }) }),
  },
  "train/distill": {
    options: training,
    inputs: async () => ({ data: await data(), student, loss, teacher: linearTeacher() }),
  },
  "evaluate/classification": {
    options: { batchSize: 8 },
    inputs: async () => ({ data: await data(), model: [model], teacher: linearTeacher() }),
  },
  "evaluate/detection": {
    options: { batchSize: 8 },
    inputs: async () => ({ data: await boxes(), model: [], teacher: rowTeacher({ classNames: ["ship"] }) }),
  },
  "evaluate/scores": {
    options: { batchSize: 8 },
    inputs: async () => ({ data: await data(), model: [model], teacher: linearTeacher() }),
  },
  "export/layers-model": { options: {}, inputs: async () => ({ model: [model] }) },
  "export/graph-model": {
    options: { batch: "dynamic", boxes: "decoded", demo: true },
    inputs: async () => ({ data: await data(), model: [model] }),
  },
  "export/saved-model": { options: {}, inputs: async () => ({ data: await data(), model: [model] }) },
  "export/tflite": {
    options: { precision: "int8" },
    inputs: async () => ({ data: await data(), model: [model] }),
  },
  "export/onnx": {
    options: {
      input: "tensor",
      fit: "crop",
      batch: "dynamic",
      layout: "nhwc",
      boxes: "decoded",
      emitters: [],
      licences: {},
    },
    inputs: async () => ({ data: await data(), model: [model] }),
  },
};

/** Exports that are made in Python. */
const inPython = ["export/saved-model", "export/tflite"];

const declared = (builtins.providers ?? [])
  .filter(({ family }) => isStageFamily(family) && family !== "loss")
  .map(({ family, id }) => `${family}/${id}`);

let backend: Backend;
let registry: Registry;
let workbench: Workbench;
let model: Model;

const data = () => workbench.data({ root: "digits" });
const boxes = () =>
  workbench.data(
    defaultOptionsOf("data", "yolo", { root: "boxes", imageSize: 32, validation: 0.2, test: 0.2 }),
    7,
    yolo,
  );

function defaultOptionsOf(family: FamilyName, id: string, options: object): object {
  return defaultOptions(registry.found(family, id).schema, options as Record<string, unknown>);
}

beforeAll(async () => {
  backend = await testBackend();
  registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." });
  for (const { family, id } of builtins.providers ?? []) await registry.find(family, id);
  workbench = await openWorkbench();
  await writeTinyMnist(join(workbench.folder, "digits"), { train: 64, test: 32 });
  await writeTinyCifar(join(workbench.folder, "cifar"), 10, 8);
  // more than are checked between two looks at the signal
  await writePhotoFolder(join(workbench.folder, "photos"), ["a", "b"], 70);
  await writeBoxes(join(workbench.folder, "boxes"), 140);
  model = await trainedModel();
  await cp(await lastCheckpoint(join(workbench.folder, "trained")), join(workbench.folder, "checkpoint"), {
    recursive: true,
  });
  await cp(model.directory, join(workbench.folder, "layers"), { recursive: true });
  const size = { height: 28, width: 28, channels: 1 };
  const { splits } = await data();
  await writeGraphModel(join(workbench.folder, "graph"), await meanClassifier(splits.train, size, 10), size);
  const { count } = splits.train;
  const labels = classLabels(splits.train);
  const known = Float32Array.from({ length: count * 10 }, (_, at) => (labels[Math.floor(at / 10)] === at % 10 ? 9 : 0));
  await writeFile(join(workbench.folder, "labels.npy"), npyBytes([count, 10], known));
});

afterAll(() => workbench[Symbol.asyncDispose]());

/** Photos with a ship each, in the forms of VOC, COCO and YOLO at once. */
async function writeBoxes(root: string, count: number): Promise<void> {
  const images = [];
  const annotations = [];
  for (let id = 0; id < count; id++) {
    const colour = `#4080${id.toString(16).padStart(2, "0")}`;
    await writePhoto(join(root, "images", `${id}.png`), { width: 32, height: 32, colour });
    const box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>8</xmax><ymax>8</ymax></bndbox>";
    await writeFile(
      join(root, "images", `${id}.xml`),
      `<annotation><object><name>ship</name>${box}</object></annotation>`,
    );
    await mkdir(join(root, "labels"), { recursive: true });
    await writeFile(join(root, "labels", `${id}.txt`), "0 0.2 0.2 0.3 0.3\n");
    images.push({ id, file_name: `images/${id}.png`, width: 32, height: 32 });
    annotations.push({ id, image_id: id, category_id: 1, bbox: [0, 0, 8, 8], area: 64, iscrowd: 0 });
  }
  await writeFile(
    join(root, "instances.json"),
    JSON.stringify({ images, annotations, categories: [{ id: 1, name: "ship" }] }),
  );
  const found = images.map(({ id }) => ({ image_id: id, category_id: 1, bbox: [1.6, 1.6, 9.6, 9.6], score: 0.9 }));
  await writeFile(join(root, "..", "found.json"), JSON.stringify(found));
  await writeFile(join(root, "data.yaml"), "train: images\nnames: [ship]\n");
}

/** Soft labels of the training split, one view, sure of every label. */
async function knownLabels(): Promise<SoftLabels> {
  const { classNames, splits } = await data();
  const { count } = splits.train;
  const labels = classLabels(splits.train);
  return {
    task: classificationId,
    content: "logits",
    outputs: classifierOutputs(classNames.length),
    classNames,
    views: 1,
    sampleCount: count,
    teacherDigest: "known",
    async read(indices, _views, out) {
      out.fill(0);
      for (const [row, index] of Array.from(indices).entries()) out[row * classNames.length + (labels[index] ?? 0)] = 9;
    },
    close: async () => undefined,
  };
}

/** The folder of the checkpoint that a store keeps of its one training. */
async function lastCheckpoint(store: string): Promise<string> {
  const files = await readdir(join(store, "trajectories"), { recursive: true });
  const found = files.find((file) => file.endsWith("progress.json"));
  if (found === undefined) throw new Error(`the training left no checkpoint among ${files.join(", ")}`);
  return dirname(join(store, "trajectories", found));
}

async function trainedModel(): Promise<Model> {
  const file = join(workbench.folder, "pipeline.yaml");
  const teacher =
    "{ use: train, epochs: 1, schedule: constant, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }";
  await writeFile(
    file,
    `kdflow: 1\nname: one\nstages: { data: { use: mnist, root: ./digits }, teacher: ${teacher} }\n`,
  );
  let directory = "";
  const session = await openSession({
    file,
    builtins: [builtins],
    storeDir: join(workbench.folder, "trained"),
    observe: (hooks) => {
      hooks.artifact.tap("kdflow:test", ({ stage, directory: found }) => {
        if (stage === "teacher") directory = found;
      });
    },
  });
  expect(await session.run()).toMatchObject({ status: "ok" });
  return openModel(directory, "digest");
}

describe("every built-in provider of a stage", () => {
  test("is checked", () => {
    expect(declared.sort()).toEqual(Object.keys(cases).sort());
  });

  test.each(Object.keys(cases))(
    "gives the same twice, stops when it is aborted, and leaves nothing: %s",
    async (name) => {
      const converter = inPython.includes(name) && (await missingModules("tensorflow")) !== undefined;
      const [family, id] = name.split("/") as [FamilyName, string];
      const { provider, schema } = await registry.find(family, id);
      const { options, inputs } = cases[name] as Case;
      // without TensorFlow for Python its work cannot begin, but it can be aborted
      await (converter ? checkAbort : checkStage)(provider, {
        tf: backend.tf,
        backend,
        baseDir: workbench.folder,
        ...builtInComponents(registry, backend),
        options: defaultOptions(schema, options),
        inputs: await inputs(),
      });
    },
  );
});

test("every built-in provider has the same key in two processes", async () => {
  const uses = (builtins.providers ?? []).map(({ family, id }) => {
    const { examples } = registry.found(family, id).schema as { readonly examples?: readonly Case["options"][] };
    return { family, id, options: cases[`${family}/${id}`]?.options ?? examples?.[0] ?? {} };
  });
  await checkKeys(uses, { baseDir: workbench.folder });
});
