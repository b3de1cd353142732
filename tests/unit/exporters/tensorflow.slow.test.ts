import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dataset, loadLayersModel, type Model } from "../../../core/index.ts";
import { savedModel } from "../../../plugins/exporters/saved-model.ts";
import { buildTensorflow } from "../../../plugins/exporters/tensorflow/build-tensorflow.ts";
import { checkTensorflow } from "../../../plugins/exporters/tensorflow/check-tensorflow.ts";
import type { TensorflowForm } from "../../../plugins/exporters/tensorflow/tensorflow-form.ts";
import { traceForTensorflow } from "../../../plugins/exporters/tensorflow/trace-for-tensorflow.ts";
import { tflite } from "../../../plugins/exporters/tflite.ts";
import { caught } from "../../support/caught.ts";
import { exportContext, runExporter, storedModel } from "../../support/export-bench.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { missingModules, python } from "../../support/python.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { trainedDigits } from "../../support/trained-digits.ts";
import { untrainedDetector } from "../../support/untrained-detector.ts";
import { backend, tf } from "../networks/build-network.ts";

const missing = await missingModules("tensorflow");
const common = { boxes: "decoded", calibrationImages: 128, metricImages: 1000 } as const;

let workbench: Workbench;
let root: string;
let data: Dataset;
let digits: Model;
let boxes: Dataset;
let detector: Model;

describe.skipIf(missing !== undefined)(`exports by TensorFlow${missing ? ` (${missing})` : ""}`, () => {
  beforeAll(async () => {
    workbench = await openWorkbench();
    root = await mkdtemp(join(tmpdir(), "kdflow-tensorflow-"));
    await writeTinyMnist(join(workbench.folder, "digits"), { train: 2000, test: 100 });
    data = await workbench.data({ root: "digits" });
    digits = await storedModel(root, await trainedDigits(data, { use: "shufflenet-v2", width: 0.5 }, 5), data);
    ({ detector, boxes } = await untrainedDetector(workbench, root));
  });

  afterAll(async () => {
    await workbench[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  test.each(["dynamic", 3])("a SavedModel of batch %s answers as the network does", async (batch) => {
    const { report } = await runExporter(root, savedModel, { ...common, batch }, { model: [digits], data });

    expect(report.parity).toBeLessThanOrEqual(1e-4);
    expect(report.scores.after.top1).toBe(report.scores.before.top1);
    expect(report.scores.before.top1).toBeGreaterThan(0.8);
    expect(report.files.map(({ path }: { path: string }) => path)).toContain("saved-model/saved_model.pb");
  });

  test.each(["float32", "float16", "int8"])("a TFLite file of %s scores as the network does", async (precision) => {
    const options = { ...common, batch: 1, precision };
    const { report } = await runExporter(root, tflite, options, { model: [digits], data });

    expect(report.parity).toBeLessThanOrEqual(1e-4);
    expect(report.scores.lost).toBeLessThanOrEqual(0.01);
    if (precision === "float32") expect(report.scores.after.top1).toBe(report.scores.before.top1);
    else expect(report.difference).toBeGreaterThan(0);
  });

  test("a detector's boxes and scores survive float32", async () => {
    const options = { ...common, batch: 1, precision: "float32" };
    const { report } = await runExporter(root, tflite, options, { model: [detector], data: boxes });

    expect(report.parity).toBeLessThanOrEqual(1e-4);
    expect(report.scores.before.AP50).toBeGreaterThan(0.05);
    expect(report.scores.lost).toBeLessThanOrEqual(1e-3);
  });

  test("a detector's raw cells are scored in int8", async () => {
    const options = { ...common, batch: 1, precision: "int8", boxes: "raw" };
    const { report } = await runExporter(root, tflite, options, { model: [detector], data: boxes });

    expect(report.parity).toBeLessThanOrEqual(1e-4);
    expect(report.scores.before.AP50).toBeGreaterThan(0.05);
    // scores of a detector that learnt nothing lie close together: some of their order is left
    expect(report.scores.after.AP50).toBeGreaterThan(0.05);
  });

  test("one wrong weight is refused, and its layer is named", async () => {
    const context = await exportContext(root);
    const network = await loadLayersModel(tf, digits.directory);
    const form: TensorflowForm = { ...common, kind: "tflite", precision: "float32", batch: 1 };
    const traced = await traceForTensorflow({ form, python, purpose: "test", chosen: digits, network }, context);
    const place = traced.written.places.filter(({ node }) => node.kernel === "FusedConv2D")[4];
    const filter = place?.node.inputs["filter"]?.constant as Float32Array;
    const weights = Buffer.from(traced.written.weights);
    const at = weights.indexOf(Buffer.from(filter.buffer, filter.byteOffset, filter.byteLength));
    weights.writeFloatLE((filter[0] ?? 0) + 3, at);
    const exporting = { ...traced, written: { ...traced.written, weights } };
    const path = join(context.outputDir, "model.tflite");
    const saved = join(context.tmpDir, "saved-model");
    const outputs = Object.fromEntries(traced.outputNames.map((name) => [name, name]));
    const lites = [{ path, type: "float32" }] as const;
    await buildTensorflow({ ...exporting, outputs, savedModel: saved, lites }, context, traced);
    const trained = await digits.load(backend, context.log);

    const request = { exporting, paths: { final: path, exact: path }, trained, data };
    const error = await caught(() => checkTensorflow(request, context));
    trained.dispose();
    network.dispose();

    expect(at).toBeGreaterThan(0);
    expect(error.code).toBe("KDF_EXPORT_PARITY");
    expect(error.message).toContain(`the first layer that differs is "${place?.node.layer?.name}"`);
  });
});
