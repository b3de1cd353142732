import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Dataset, Model } from "../../../core/index.ts";
import { graphModel } from "../../../plugins/exporters/graph-model.ts";
import { caught } from "../../support/caught.ts";
import { runExporter, storedModel } from "../../support/export-bench.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { relativeError } from "../../support/tolerances.ts";
import { backend, buildNetwork } from "../networks/build-network.ts";

const run = promisify(execFile);
const defaults = { input: "tensor", fit: "crop", batch: "dynamic", boxes: "decoded", demo: false };

/** Loads the files with nothing but the published package, and prints what it answers. */
const stockScript = `
  import { readFile } from "node:fs/promises";
  import * as tf from "@tensorflow/tfjs";
  const [folder, count] = process.argv.slice(-2);
  const { weightsManifest: [{ weights }], ...json } = JSON.parse(await readFile(folder + "/model.json", "utf8"));
  const weightData = new Uint8Array(await readFile(folder + "/weights.bin")).buffer;
  const model = await tf.loadGraphModel({ load: async () => ({ ...json, weightSpecs: weights, weightData }) });
  await tf.setBackend("cpu");
  const pixels = new Uint8Array(await readFile(folder + "/pixels"));
  const logits = model.predict(tf.tensor(pixels, [Number(count), 28, 28, 1], "int32"));
  console.log(JSON.stringify([...await logits.data()]));
`;

let workbench: Workbench;
let root: string;
let data: Dataset;
let classifier: Model;

beforeAll(async () => {
  workbench = await openWorkbench();
  root = await mkdtemp(join(tmpdir(), "kdflow-graph-"));
  await writeTinyMnist(join(workbench.folder, "digits"), { train: 200, test: 32 });
  data = await workbench.data({ root: "digits" });
  classifier = await written(1);
});

afterAll(async () => {
  await workbench[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function written(seed: number): Promise<Model> {
  const { height: size, channels } = data.imageSize;
  const backbone = { use: "shufflenet-v2", width: 0.25 } as const;
  return storedModel(root, await buildNetwork({ backbone, size, channels, classes: 10, seed }), data);
}

describe("export/graph-model", () => {
  test("gives probabilities at a temperature beside the logits", async () => {
    const options = { ...defaults, temperature: 3 };
    const { report, directory } = await runExporter(root, graphModel, options, { model: [classifier], data });
    expect(report.parity).toBeLessThanOrEqual(1e-4);
    expect(report.temperature).toBe(3);
    const { signature } = JSON.parse(await readFile(join(directory, "model.json"), "utf8"));
    expect(Object.keys(signature.outputs)).toEqual(["logits", "probabilities"]);
  });

  test("agrees with the classifier in stock TensorFlow.js, and is scored", async () => {
    const { report, directory } = await runExporter(root, graphModel, defaults, { model: [classifier], data });
    const pixels = Uint8Array.from({ length: 3 * 28 * 28 }, (_, place) => (place * 7919) % 256);
    await writeFile(join(directory, "pixels"), pixels);
    const trained = await classifier.load(backend, { debug() {}, info() {}, warn() {} });
    const [expected = new Float32Array()] = Object.values(await trained.predict(pixels, 3));
    trained.dispose();

    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", stockScript, directory, "3"]);
    const found = JSON.parse(stdout.trim().split("\n").at(-1) ?? "[]");

    expect(report.parity).toBeLessThanOrEqual(1e-4);
    expect(report.scores.exported.top1).toBe(report.scores.trained.top1);
    expect(relativeError(Float32Array.from(found), expected)).toBeLessThanOrEqual(1e-4);
    expect(report.files.map(({ path }: { path: string }) => path)).toEqual(["model.json", "weights.bin"]);
    expect(JSON.parse(await readFile(join(directory, "model.json"), "utf8")).userDefinedMetadata.classNames).toEqual(
      data.classNames,
    );
  });

  test("is refused where it answers otherwise", async () => {
    const other = await written(2);
    const inputs = { model: [{ ...classifier, load: other.load }], data };

    const error = await caught(() => runExporter(root, graphModel, defaults, inputs));
    const kept = /kept in "(.+)"/.exec(error.hint.join("\n"))?.[1] ?? "";

    expect(error.code).toBe("KDF_EXPORT_PARITY");
    await rm(kept, { recursive: true });
  });
});
