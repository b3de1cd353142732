import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Dataset, JsonSchema, Model } from "../../../core/index.ts";
import { defaultOptions } from "../../../core/testing/index.ts";
import { yolo } from "../../../plugins/data/yolo.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import { packBoxes } from "../../../plugins/tasks/detection/boxes.ts";
import { detectionTruth } from "../../../plugins/tasks/detection/detection-truth.ts";
import { findBoxes } from "../../../plugins/tasks/detection/find-boxes.ts";
import { nmsDefaults } from "../../../plugins/tasks/detection/nms.ts";
import { originalOf } from "../../../plugins/tasks/detection/shown-photos.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { runExporter, storedModel } from "../../support/export-bench.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { buildDetector } from "../networks/build-detector.ts";
import { backend } from "../networks/build-network.ts";

const schemaOf = async (family: string, id: string): Promise<JsonSchema> =>
  JSON.parse(
    await readFile(new URL(`../../../schemas/providers/${family}/${id}.schema.json`, import.meta.url), "utf8"),
  );

let workbench: Workbench;
let root: string;
let data: Dataset;
let detector: Model;

beforeAll(async () => {
  workbench = await openWorkbench();
  root = await mkdtemp(join(tmpdir(), "kdflow-detector-"));
  await writeBoxPhotos(join(workbench.folder, "boxes"), 30);
  const wanted = { root: "boxes", imageSize: [32, 64], validation: 0.3, test: 0.2 };
  data = await workbench.data(defaultOptions(await schemaOf("data", "yolo"), wanted), 7, yolo);
  const built = await buildDetector({
    options: { backbone: { use: "shufflenet-v2", width: 0.5, stem: "imagenet" }, neck: "pan-lite" },
    size: [32, 64],
    classes: 2,
    fit: data.imageSize.fit,
  });
  const model = (await built.deploy?.()) ?? built.model;
  detector = await storedModel(root, { ...built, model }, data);
  data = await withFoundBoxes(data, detector);
});

/** An untrained detector finds none of the boxes there are; those that it does find, every second one, are the truth. */
async function withFoundBoxes(own: Dataset, { description, load }: Model): Promise<Dataset> {
  const { validation } = own.splits;
  const { height, width, channels } = own.imageSize;
  const pixels = new Uint8Array(validation.count * height * width * channels);
  const indices = Int32Array.from({ length: validation.count }, (_, place) => place);
  await validation.render(indices, undefined, own.imageSize, pixels);
  const predictor = await load(backend, { debug() {}, info() {}, warn() {} });
  const answers = await predictor.predict(pixels, validation.count);
  predictor.dispose();
  const { sizes } = detectionTruth(validation);
  const request = { ...nmsDefaults, ...description, multiLabel: true };
  const found = Array.from(indices, (image) => {
    return findBoxes(answers, image, originalOf({ sizes }, image), request).filter(
      (_, place) => place < 20 && place % 2 === 0,
    );
  });
  return {
    ...own,
    splits: {
      ...own.splits,
      validation: {
        ...validation,
        render: validation.render.bind(validation),
        truth: { boxes: packBoxes(found), sizes },
      },
    },
  };
}

afterAll(async () => {
  await workbench[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

test.each([
  { batch: 2, boxes: "decoded", layout: "nchw" },
  { batch: 1, boxes: "raw", layout: "nhwc" },
])("a detector passes the stage with %o, and its file is scored", async (wanted) => {
  const options = defaultOptions(await schemaOf("export", "onnx"), wanted);
  const { report } = await runExporter(root, onnx, options, { model: [detector], data });

  expect(report.parity).toBeLessThanOrEqual(1e-4);
  expect(report.scores).toMatchObject({ split: "validation", sampleCount: data.splits.validation.count });
  const { trained, exported } = report.scores;
  expect(trained.AP50).toBeGreaterThan(0.05);
  expect(trained.AP50).toBeLessThan(0.99);
  for (const name of ["AP", "AP50", "AR100"])
    expect(Math.abs(exported[name] - trained[name])).toBeLessThanOrEqual(1e-3);
});
