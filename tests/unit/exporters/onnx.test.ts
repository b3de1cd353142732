import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Dataset, type KdflowError, loadLayersModel, type Model, type StageContext } from "../../../core/index.ts";
import { permuteConstant } from "../../../plugins/exporters/onnx/axis-order.ts";
import { checkExported } from "../../../plugins/exporters/onnx/check-exported.ts";
import { writeExported } from "../../../plugins/exporters/onnx/write-exported.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import { pythonVariable } from "../../../plugins/exporters/python/run-python.ts";
import type { ExportOnnxOptions } from "../../../plugins/options.ts";
import { caught } from "../../support/caught.ts";
import { exportContext, runExporter, storedModel } from "../../support/export-bench.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { relativeError } from "../../support/tolerances.ts";
import { backend, buildNetwork, tf } from "../networks/build-network.ts";

const defaults: ExportOnnxOptions = {
  input: "tensor",
  fit: "crop",
  batch: "dynamic",
  layout: "nhwc",
  boxes: "decoded",
  emitters: [],
  licences: { teacher: "Apache-2.0" },
  quantize: "none",
  calibration: "minmax",
  calibrationImages: 128,
  metricImages: 1000,
};

let workbench: Workbench;
let root: string;
let data: Dataset;
let classifier: Model;

beforeAll(async () => {
  workbench = await openWorkbench();
  root = await mkdtemp(join(tmpdir(), "kdflow-onnx-"));
  await writeTinyMnist(join(workbench.folder, "digits"), { train: 200, test: 32 });
  data = await workbench.data({ root: "digits" });
  classifier = await writtenClassifier();
});

afterAll(async () => {
  await workbench[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function writtenClassifier(seed = 1): Promise<Model> {
  const { imageSize, classNames, task } = data;
  const { height: size, channels } = imageSize;
  const backbone = { use: "shufflenet-v2", width: 0.25 } as const;
  const built = await buildNetwork({ backbone, size, channels, classes: classNames.length, seed });
  return storedModel(root, built, { task, classNames, imageSize });
}

async function runExport(options: Partial<ExportOnnxOptions>, inputs: object) {
  const ran = await runExporter(root, onnx, { ...defaults, ...options }, inputs);
  return { ...ran, file: await readFile(join(ran.directory, "model.onnx")) };
}

/** The error of some work that calls a Python of this path. */
async function withPython(path: string, work: () => Promise<unknown>): Promise<KdflowError> {
  vi.stubEnv(pythonVariable, path);
  try {
    return await caught(work);
  } finally {
    vi.unstubAllEnvs();
  }
}

describe("export/onnx", () => {
  test("agrees with the classifier on validation images, and scores the file", async () => {
    const { report, file, directory } = await runExport({}, { model: [classifier], data });

    expect(report.parity).toBeLessThanOrEqual(1e-4);
    expect(report.parityImages).toEqual({ count: Math.min(8, data.splits.validation.count), source: "validation" });
    expect(report.scores.sampleCount).toBe(data.splits.validation.count);
    expect(report.scores.exported.top1).toBe(report.scores.trained.top1);
    expect(report.input).toMatchObject({ name: "pixels", type: "uint8", height: 28, width: 28, channels: 1 });
    expect(file.includes(JSON.stringify(data.classNames))).toBe(true);
    expect(file.includes("d1635")).toBe(true);
    expect(report.files.map(({ path }: { path: string }) => path)).toEqual(["model.onnx", "measure.py"]);
    const card = await readFile(join(directory, "model-card.md"), "utf8");
    expect(card).toContain("`pixels` uint8 [batch, 28, 28, 1]");
    expect(card).toContain("| licence of the teacher | Apache-2.0 |\n| licence of the data | not declared |");
    expect(card).toContain('(logits,) = session.run(["logits"]');
    expect(card).toContain("pnnx model.onnx inputshape=[1,28,28,1]u8");
    expect(card).toMatch(/It needs these operators: .*Cast, .*Conv, /);
    expect(file.includes('{"teacher":"Apache-2.0"}')).toBe(true);
    expect(card).toContain(
      `| top1 | ${report.scores.trained.top1.toFixed(4)} | ${report.scores.exported.top1.toFixed(4)} |`,
    );
    expect(await onnx.open({ directory, digest: "" }, {} as never, {} as StageContext)).toMatchObject({
      files: [{ path: "model.onnx", bytes: file.length }, ...report.files.slice(1)],
    });
  });

  test("gives probabilities at a temperature beside the logits", async () => {
    const { report, directory } = await runExport({ temperature: 2.5 }, { model: [classifier], data });
    expect(report.parity).toBeLessThanOrEqual(1e-4);
    expect(report.temperature).toBe(2.5);
    expect(report.scores.exported.top1).toBe(report.scores.trained.top1);
    const path = join(directory, "model.onnx");
    const session = await InferenceSession.create(path);
    const pixels = Uint8Array.from({ length: 2 * 28 * 28 }, (_, place) => (place * 7919) % 256);
    const given = await session.run({ pixels: new Tensor("uint8", pixels, [2, 28, 28, 1]) });
    const [logits, probabilities] = [given["logits"]?.data, given["probabilities"]?.data].map((values) =>
      Array.from(values as Float32Array),
    );
    const powers = logits?.slice(10).map((logit) => Math.exp(logit / 2.5)) ?? [];
    const sum = powers.reduce((all, power) => all + power, 0);
    const wanted = powers.map((power) => power / sum);
    expect(relativeError(probabilities?.slice(10) ?? [], wanted)).toBeLessThanOrEqual(1e-5);
  });

  test("refuses a temperature for a detector", async () => {
    const inputs = { model: [{ stage: "train", task: "detection" }] };
    const planned = caught(async () => onnx.describe?.({ ...defaults, temperature: 1 } as never, inputs, {} as never));
    expect(await planned).toMatchObject({ code: "KDF_PLAN_OPTIONS", option: "/temperature" });
  });

  test("fails on one wrong weight, and names its layer", async () => {
    const context = await exportContext(root);
    const model = await loadLayersModel(tf, classifier.directory);
    const exporting = await writeExported(defaults, classifier, model, context);
    const convolutions = exporting.written.places.filter(({ node }) => node.kernel === "FusedConv2D");
    const place = convolutions[5];
    const filter = place?.node.inputs["filter"];
    const { values } = permuteConstant(filter?.shape as number[], filter?.constant as Float32Array, [3, 2, 0, 1]);
    const bytes = Buffer.from(exporting.written.bytes);
    const at = bytes.indexOf(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    bytes.writeFloatLE((values[0] ?? 0) + 1, at);
    await writeFile(exporting.session.path, bytes);
    const wrong = { ...exporting, written: { ...exporting.written, bytes } };
    const trained = await classifier.load(backend, context.log);

    const error = await caught(() => checkExported(wrong, trained, data, context));
    trained.dispose();
    model.dispose();

    expect(at).toBeGreaterThan(0);
    expect(error.code).toBe("KDF_EXPORT_PARITY");
    expect(error.message).toContain(`the first layer that differs is "${place?.node.layer?.name}"`);
  });

  test("fails on two labels that are swapped", async () => {
    const context = await exportContext(root);
    const { description } = classifier;
    const [one = "", other = "", ...rest] = description.classNames;
    const swapped = { ...classifier, description: { ...description, classNames: [other, one, ...rest] } };
    const model = await loadLayersModel(tf, classifier.directory);
    const exporting = await writeExported(defaults, swapped, model, context);
    const trained = await classifier.load(backend, context.log);

    const error = await caught(() => checkExported({ ...exporting, chosen: classifier }, trained, data, context));
    trained.dispose();
    model.dispose();

    expect(error.code).toBe("KDF_EXPORT_PARITY");
    expect(error.message).toContain(`class 0 is "${other}" in the exported file, and "${one}" in the trained model`);
  });

  test("says what to install where Python, or a package of it, is missing", async () => {
    const wanted = { quantize: "int8" } as const;
    const absent = await withPython(join(root, "no-python"), () => runExport(wanted, { model: [classifier], data }));
    const empty = join(root, "python-without-packages");
    await writeFile(empty, `#!/bin/sh\n[ "$1" = --version ] || echo onnx onnxruntime\n`, { mode: 0o755 });
    const bare = await withPython(empty, () => runExport(wanted, { model: [classifier], data }));

    expect(absent.code).toBe("KDF_EXPORT_PYTHON");
    expect(absent.message).toContain(`KDFLOW_PYTHON names "${join(root, "no-python")}", which does not run`);
    expect(bare.code).toBe("KDF_EXPORT_PYTHON");
    expect(bare.message).toContain("needs onnx and onnxruntime");
    expect(bare.hint[0]).toBe(`${empty} -m pip install onnx onnxruntime`);
  });

  test("keeps the files of a refused export, and says where", async () => {
    const other = await writtenClassifier(2);

    const error = await caught(() => runExport({}, { model: [{ ...classifier, load: other.load }], data }));
    const kept = /kept in "(.+)"/.exec(error.hint.join("\n"))?.[1] ?? "";

    expect(error.code).toBe("KDF_EXPORT_PARITY");
    expect(await readdir(kept)).toEqual(["model.onnx"]);
    await rm(kept, { recursive: true });
  });
});
