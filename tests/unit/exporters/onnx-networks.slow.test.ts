import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answers, Outputs } from "../../../core/index.ts";
import { measureScript, measureScriptName } from "../../../plugins/exporters/documents/measure-script.ts";
import { decodeCells, decodedAnswers } from "../../../plugins/exporters/trace/decode-boxes.ts";
import { exported, tryExport } from "../../support/onnx-run.ts";
import { tolerances } from "../../support/tolerances.ts";
import { buildDetector } from "../networks/build-detector.ts";
import { backboneIds, buildNetwork, tf } from "../networks/build-network.ts";

const run = promisify(execFile);

/** Options of the smallest form of each backbone that has them. */
const small: Readonly<Record<string, object>> = {
  resnet: { depth: 8 },
  "wide-resnet": { depth: 10, width: 1 },
  vgg: { depth: 8 },
  "mobilenet-v1": { width: 0.25 },
  "shufflenet-v2": { width: 0.5 },
};

/** A shift of 1e-5 grows from layer to layer where nothing was trained. */
const limit = 1e-4;

let folder: string;
const missing = async (name: string): Promise<string | undefined> =>
  run("python3", ["-c", `import ${name}`]).then(
    () => undefined,
    () => `python3 has no package ${name}`,
  );
const checker = await missing("onnx");
const board = await missing("onnxruntime");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-checker-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("every backbone as ONNX", () => {
  test.each(backboneIds)("%s gives the same logits", async (id) => {
    const built = await buildNetwork({ backbone: { use: id, ...small[id] }, size: 64, classes: 5, seed: 1 });
    const model = (await built.deploy?.()) ?? built.model;

    const { kernels, difference } = await tryExport({ tf, model, size: [64, 64, 3] }, 2);
    model.dispose();

    expect(kernels.length).toBeGreaterThan(0);
    expect(difference).toBeLessThanOrEqual(limit);
  });
});

describe("a detector as ONNX", () => {
  const size = [64, 96, 3] as const;
  let model: LayersModel;
  let outputs: Outputs;

  beforeAll(async () => {
    const options = { backbone: { use: "shufflenet-v2", width: 0.5, stem: "imagenet" }, neck: "pan-lite" };
    const built = await buildDetector({ options, size: [64, 96], classes: 3 });
    outputs = built.outputs;
    model = (await built.deploy?.()) ?? built.model;
  });

  const cells = (pixels: Tensor): Record<string, Tensor> => {
    const given = [model.apply(pixels) as Tensor | Tensor[]].flat();
    return Object.fromEntries(Object.keys(outputs).map((name, place) => [name, given[place] as Tensor]));
  };

  test("gives the cells of its head", async () => {
    const { difference } = await tryExport({ tf, model, size, forward: cells });

    expect(difference).toBeLessThanOrEqual(limit);
  });

  test("gives decoded boxes, those of kdflow's own reading", async () => {
    const forward = (pixels: Tensor) => decodeCells(tf, cells(pixels), outputs);
    const { difference } = await tryExport({ tf, model, size, forward });
    const raw = tf.tidy(() => cells(tf.fill([2, ...size], 90)));
    const answers: Answers = Object.fromEntries(
      await Promise.all(
        Object.entries(raw).map(async ([name, tensor]) => [name, Float32Array.from(await tensor.data())] as const),
      ),
    );
    const expected = decodedAnswers(answers, outputs, 2);
    const decoded = tf.tidy(() => decodeCells(tf, raw, outputs));

    expect(difference).toBeLessThanOrEqual(limit);
    for (const name of ["boxes", "scores"]) {
      const values = Float32Array.from((await decoded[name]?.data()) ?? []);
      expect(values.length).toBe(expected[name]?.length);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const [place, value] of values.entries()) {
        expect(Math.abs(value - (expected[name]?.[place] ?? 0)) / largest).toBeLessThanOrEqual(tolerances.value);
      }
    }
    tf.dispose([raw, decoded]);
  });

  test.skipIf(checker !== undefined)(`passes ONNX's own checker${checker ? ` (${checker})` : ""}`, async () => {
    const forward = (pixels: Tensor) => decodeCells(tf, cells(pixels), outputs);
    const file = join(folder, "detector.onnx");
    await writeFile(file, (await exported({ tf, model, size, forward, layout: "nchw" })).bytes);

    const check = "import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True); print('fine')";
    const { stdout } = await run("python3", ["-c", check, file]);

    expect(stdout.trim()).toBe("fine");
  });

  test.skipIf(board !== undefined)(`is measured by the script beside it${board ? ` (${board})` : ""}`, async () => {
    const [file, script, out] = ["measured.onnx", measureScriptName, "result.json"].map((name) => join(folder, name));
    await writeFile(file ?? "", (await exported({ tf, model, size, forward: cells })).bytes);
    await writeFile(script ?? "", measureScript);

    await run("python3", [script, "--model", file, "--runs", "5", "--batch", "2", "--out", out] as string[]);

    const result = JSON.parse(await readFile(out ?? "", "utf8"));
    expect(result).toMatchObject({ format: "kdflow-board-1", batch: 2, runs: 5, warmUp: 10 });
    expect(result.latencyMs.p10).toBeLessThanOrEqual(result.latencyMs.median);
    expect(result.latencyMs.median).toBeGreaterThan(0);
  });
});
