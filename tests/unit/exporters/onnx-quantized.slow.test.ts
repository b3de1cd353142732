import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Dataset, Model } from "../../../core/index.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import type { ExportOnnxOptions } from "../../../plugins/options.ts";
import { runExporter, storedModel } from "../../support/export-bench.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { runOnnx } from "../../support/onnx-run.ts";
import { missingModules } from "../../support/python.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { trainedDigits } from "../../support/trained-digits.ts";
import { untrainedDetector } from "../../support/untrained-detector.ts";

const missing = await missingModules("onnx", "onnxruntime");

const defaults: ExportOnnxOptions = {
  input: "tensor",
  fit: "crop",
  batch: "dynamic",
  layout: "nhwc",
  boxes: "decoded",
  emitters: [],
  licences: {},
  quantize: "int8",
  calibration: "minmax",
  calibrationImages: 128,
  metricImages: 1000,
};

let workbench: Workbench;
let root: string;
let data: Dataset;
let digits: Model;
let boxes: Dataset;
let detector: Model;

describe.skipIf(missing !== undefined)(`quantized ONNX files${missing ? ` (${missing})` : ""}`, () => {
  beforeAll(async () => {
    workbench = await openWorkbench();
    root = await mkdtemp(join(tmpdir(), "kdflow-quantized-"));
    await writeTinyMnist(join(workbench.folder, "digits"), { train: 4000, test: 500 });
    data = await workbench.data({ root: "digits" });
    ({ detector, boxes } = await untrainedDetector(workbench, root));
    digits = await storedModel(root, await trainedDigits(data, { use: "resnet", depth: 8 }, 6), data);
  });

  afterAll(async () => {
    await workbench[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  test.each([
    { quantize: "int8", calibration: "minmax" },
    { quantize: "int8", calibration: "percentile", layout: "nchw", batch: 3 },
    { quantize: "dynamic" },
  ] as const)("a classifier loses at most half a point with %o", async (wanted) => {
    const options = { ...defaults, ...wanted };
    const { report, directory } = await runExporter(root, onnx, options, { model: [digits], data });

    const { quantized } = report;
    expect(quantized.scores.before.top1).toBeGreaterThan(0.9);
    expect(quantized.scores.lost).toBeLessThanOrEqual(0.005);
    expect(quantized.difference).toBeGreaterThan(1e-4);
    expect(await readdir(directory)).toContain(quantized.file.path);
    expect((await stat(join(directory, quantized.file.path))).size).toBeLessThan(report.files[0].bytes / 2);
  });

  test("a detector's scores are not rounded to zero, and layers are named where it loses too much", async () => {
    const { report, directory } = await runExporter(root, onnx, defaults, { model: [detector], data: boxes });
    const { height, width } = boxes.imageSize;
    const pixels = new Uint8Array(4 * height * width * 3);
    await boxes.splits.validation.render([0, 1, 2, 3], undefined, boxes.imageSize, pixels);
    const [exact, rounded] = await Promise.all(
      ["model.onnx", "model.int8.onnx"].map(async (name) =>
        runOnnx(await readFile(join(directory, name)), pixels, [4, height, width, 3]),
      ),
    );

    const scores = rounded?.["scores"]?.data ?? new Float32Array();
    const largest = exact?.["scores"]?.data.reduce((most, score) => Math.max(most, score), 0) ?? 0;
    expect(scores.length).toBeGreaterThan(0);
    for (const [place, score] of scores.entries()) {
      expect(score).toBeGreaterThan(0);
      expect(Math.abs(score - (exact?.["scores"]?.data[place] ?? 0))).toBeLessThanOrEqual(0.1 * largest);
    }
    // in eight bits there would be no more than 256
    expect(new Set(rounded?.["boxes"]?.data).size).toBeGreaterThan(256);
    const { scores: cost, layers = [] } = report.quantized;
    expect(cost.before.AP50).toBeGreaterThan(0.05);
    if (cost.lost > cost.allowed) expect(layers).toHaveLength(4);
    else expect(layers).toHaveLength(0);
  });
});
