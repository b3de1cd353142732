import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dataset, layersModelFiles, loadLayersModel, type Model, type StageContext } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { permuteConstant } from "../../../plugins/exporters/onnx/axis-order.ts";
import { checkExported } from "../../../plugins/exporters/onnx/check-exported.ts";
import { writeExported } from "../../../plugins/exporters/onnx/write-exported.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import type { ExportOnnxOptions } from "../../../plugins/options.ts";
import { classificationId } from "../../../plugins/tasks/classification/names.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { openModel } from "../../../plugins/trainers/start/model-files.ts";
import { caught } from "../../support/caught.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { backend, buildNetwork, tf } from "../networks/build-network.ts";

const defaults: ExportOnnxOptions = { input: "tensor", batch: "dynamic", layout: "nhwc", boxes: "decoded" };

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

const described = { trainableParameters: 1, parameters: 1, multiplyAdds: 1, sizeBytes: 1, history: [] };

async function writtenClassifier(): Promise<Model> {
  const { imageSize, classNames, task } = data;
  const { height: size, channels } = imageSize;
  const backbone = { use: "shufflenet-v2", width: 0.25 } as const;
  const built = await buildNetwork({ backbone, size, channels, classes: classNames.length, seed: 1 });
  return written({ ...described, task, classNames, imageSize, outputs: built.outputs }, built);
}

async function written(
  description: object,
  { model }: Pick<Awaited<ReturnType<typeof buildNetwork>>, "model">,
): Promise<Model> {
  const directory = await mkdtemp(join(root, "model-"));
  for (const [name, bytes] of Object.entries(await layersModelFiles(model)))
    await writeFile(join(directory, name), bytes);
  await writeFile(join(directory, "description.json"), JSON.stringify(description));
  model.dispose();
  return openModel(directory, "d1635");
}

async function contextOf(): Promise<StageContext> {
  const tasks: Readonly<Record<string, unknown>> = {
    [classificationId]: classification.task,
  };
  return {
    tf,
    backend,
    outputDir: await mkdtemp(join(root, "export-")),
    signal: new AbortController().signal,
    rng: (stream: string) => createRng(0, stream),
    task: (id: string) => tasks[id],
    log: { debug() {}, info() {}, warn() {} },
    progress() {},
  } as unknown as StageContext;
}

async function runExport(options: Partial<ExportOnnxOptions>, inputs: object) {
  const context = await contextOf();
  await onnx.run({ ...defaults, ...options } as never, inputs as never, context);
  const report = JSON.parse(await readFile(join(context.outputDir, "export.json"), "utf8"));
  return { directory: context.outputDir, report, file: await readFile(join(context.outputDir, "model.onnx")) };
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
    expect(report.files.map(({ path }: { path: string }) => path)).toEqual([
      "model.onnx",
      "model-card.md",
      "measure.py",
    ]);
    const card = await readFile(join(directory, "model-card.md"), "utf8");
    expect(card).toContain("`pixels` uint8 [batch, 28, 28, 1]");
    expect(card).toContain(
      `| top1 | ${report.scores.trained.top1.toFixed(4)} | ${report.scores.exported.top1.toFixed(4)} |`,
    );
    expect(await onnx.open({ directory, digest: "" }, {} as never, {} as StageContext)).toMatchObject({
      files: [{ path: "model.onnx", bytes: file.length }, ...report.files.slice(1)],
    });
  });

  test("fails on one wrong weight, and names its layer", async () => {
    const context = await contextOf();
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
});
