import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Fit, ImageSize, JsonSchema, Model, Predictor } from "../../../core/index.ts";
import { plainView } from "../../../core/index.ts";
import { readSchemaFile } from "../../../core/plugins/schema-file.ts";
import { defaultOptions } from "../../../core/testing/index.ts";
import { renderPlaced } from "../../../plugins/data/photos/render-placed.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import { rowAnswers } from "../../../plugins/exporters/trace/decode-boxes.ts";
import { findBoxes } from "../../../plugins/tasks/detection/find-boxes.ts";
import { nmsDefaults } from "../../../plugins/tasks/detection/nms.ts";
import { placements } from "../../../plugins/tasks/detection/placements.ts";
import { viewerOf } from "../../../plugins/tasks/detection/viewer.ts";
import { runExporter } from "../../support/export-bench.ts";
import { type OddPhoto, oddPhotos } from "../../support/odd-photos.ts";
import { openedExport } from "../../support/opened-export.ts";
import { overfitDetector } from "../../support/overfit-detector.ts";
import { backend } from "../networks/build-network.ts";

const log = { debug() {}, info() {}, warn() {} };
/** Detections below are left out, as nobody shows them. */
const sure = 0.05;

const schemaOf = (id: string): Promise<JsonSchema> =>
  readSchemaFile(new URL(`../../../schemas/providers/export/${id}.schema.json`, import.meta.url));

const fit: Fit = { letterbox: "top-left", fill: 0, rounding: "trunc", enlarge: false };

let root: string;
let trained: Model;
let predictor: Predictor;
let photos: readonly OddPhoto[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kdflow-photo-detector-"));
  const { model, scenes } = await overfitDetector(root);
  trained = model;
  predictor = await trained.load(backend, log);
  photos = await oddPhotos(root, scenes, 72);
}, 600_000);

afterAll(async () => {
  predictor?.dispose();
  await rm(root, { recursive: true, force: true });
});

/** The detector as one that sees photos by another fit. */
function seeing(fit: Fit): Model {
  const { description } = trained;
  return { ...trained, description: { ...description, imageSize: { ...description.imageSize, fit } } };
}

async function exported(model: Model, options: Readonly<Record<string, unknown>>) {
  const chosen = defaultOptions(await schemaOf("onnx"), options);
  const { directory } = await runExporter(root, onnx, chosen, { model: [model] });
  return openedExport("onnx", directory);
}

/** What evaluation shows the detector of a photo. */
async function seen({ source }: OddPhoto, imageSize: ImageSize): Promise<Uint8Array> {
  const out = new Uint8Array(imageSize.height * imageSize.width * 3);
  await renderPlaced([source], plainView, viewerOf(imageSize), out);
  return out;
}

const originalOf = ({ source: { width, height } }: OddPhoto): ImageSize => ({ width, height, channels: 3 });
const shapeOf = ({ height, width }: Pick<ImageSize, "height" | "width">) => [1, height, width, 3] as const;

test("onnx: boxes: nms leaves the detections of evaluation", async () => {
  const model = seeing(fit);
  const { imageSize, outputs } = model.description;
  const run = await exported(model, { input: "photo", boxes: "nms" });
  let [compared, apart] = [0, 0];
  for (const photo of photos) {
    const original = originalOf(photo);
    const answers = await predictor.predict(await seen(photo, imageSize), 1);
    const request = { ...nmsDefaults, outputs, imageSize, multiLabel: true };
    const own = findBoxes(answers, 0, original, request).filter(({ score }) => score >= sure);
    const [placement] = placements(plainView, [original], viewerOf(imageSize));
    const scale = [placement?.scaleX ?? 1, placement?.scaleY ?? 1].map((each) => Math.min(1, each));
    const { boxes = [], scores = [], classes = [] } = await run(photo.pixels, shapeOf(original));
    compared += own.length;
    apart += own.filter(({ corners, class: id, score }) => {
      const isOwn = (other: number, row: number): boolean =>
        classes[row] === id &&
        Math.abs(other - score) <= 0.01 &&
        corners.every(
          (side, place) => Math.abs(side - (boxes[row * 4 + place] ?? Number.NaN)) * (scale[place % 2] ?? 1) <= 1,
        );
      return !Array.from(scores).some(isOwn);
    }).length;
  }
  expect(compared).toBeGreaterThan(200);
  expect(apart / compared).toBeLessThanOrEqual(0.01);
});

test("boxes: nms suppresses what scoring suppresses of the same rows", async () => {
  const model = seeing("stretch");
  const { imageSize, classNames } = model.description;
  const decoded = await exported(model, { boxes: "decoded", batch: 1 });
  const suppressed = await exported(model, { boxes: "nms" });
  let compared = 0;
  for (const photo of photos) {
    const pixels = await seen(photo, imageSize);
    const given = await decoded(pixels, shapeOf(imageSize));
    const rows = rowAnswers(given, (given["boxes"]?.length ?? 0) / 4, classNames.length);
    const wide: ImageSize = { ...imageSize, fit: "stretch" };
    const request = { ...nmsDefaults, outputs: rows.outputs, imageSize: wide, multiLabel: true };
    const own = findBoxes(rows.answers, 0, imageSize, request);
    const { boxes = [], scores = [], classes = [] } = await suppressed(pixels, shapeOf(imageSize));
    const found = Array.from(classes, (id, row) => ({ id, score: scores[row] ?? 0, row })).filter(({ id }) => id >= 0);
    expect(found).toHaveLength(own.length);
    compared += own.length;
    // scores of one value come in any order
    const others = new Set(found);
    for (const { corners, class: id, score } of own) {
      const match = [...others].find(
        (each) =>
          each.id === id &&
          Math.abs(each.score - score) < 1e-6 &&
          corners.every((side, place) => {
            const most = place % 2 === 0 ? imageSize.width : imageSize.height;
            return Math.abs(side - Math.min(Math.max(boxes[each.row * 4 + place] ?? -1, 0), most)) < 1e-3;
          }),
      );
      expect(match, `${photo.name}: ${id} ${score}`).toBeDefined();
      if (match !== undefined) others.delete(match);
    }
  }
  expect(compared).toBeGreaterThan(1000);
});
