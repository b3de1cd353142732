import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSchemaFile } from "../../../core/plugins/schema-file.ts";
import { defaultOptions } from "../../../core/testing/index.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import { tflite } from "../../../plugins/exporters/tflite.ts";
import { classificationId } from "../../../plugins/tasks/classification/names.ts";
import { runExporter, storedModel } from "../../support/export-bench.ts";
import { missingModules, python } from "../../support/python.ts";
import { tf } from "../networks/build-network.ts";

const missing = await missingModules("numpy", "onnxruntime", "PIL");
const noTensorflow = await missingModules("tensorflow");
const classNames = ["red", "green", "blue"];
const run = promisify(execFile);

let root: string;

describe.skipIf(missing !== undefined)(`measure.py${missing ? ` (${missing})` : ""}`, () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "kdflow-measure-"));
    // two photos of each class, and a blue one among the green
    const colours = ["#f00", "#0f0", "#00f"];
    for (const [label, name] of classNames.entries()) {
      await mkdir(join(root, "photos", name), { recursive: true });
      const shown = [colours[label], colours[label], ...(name === "green" ? ["#00f"] : [])];
      for (const [place, background] of shown.entries()) {
        const image = sharp({
          create: { width: 20 + 9 * place, height: 15, channels: 3, background: background ?? "" },
        });
        await image.png().toFile(join(root, "photos", name, `${place}.png`));
      }
    }
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  const forms = [
    { provider: onnx, wanted: { input: "tensor", layout: "nhwc", batch: "dynamic" } },
    { provider: onnx, wanted: { input: "tensor", layout: "nchw", batch: 3 } },
    { provider: onnx, wanted: { input: "photo", layout: "nhwc", batch: "dynamic" } },
    ...(noTensorflow === undefined
      ? [
          { provider: tflite, wanted: { batch: 2 } },
          { provider: tflite, wanted: {} },
        ]
      : []),
  ];
  test.each(forms)(
    "finds the share of photos in the right folder, and the latency, of $provider.id $wanted",
    async ({ provider, wanted }) => {
      // logits are the mean of each colour
      const input = tf.input({ shape: [8, 8, 3] });
      const logits = tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(input);
      const network = tf.model({ inputs: input, outputs: logits as never });
      const built = { model: network, outputs: { logits: { kind: "softmax-logits", shape: [3] } } };
      const imageSize = { height: 8, width: 8, channels: 3 };
      const model = await storedModel(root, built, { task: classificationId, classNames, imageSize });
      const schema = new URL(`../../../schemas/providers/export/${provider.id}.schema.json`, import.meta.url);
      const options = defaultOptions(await readSchemaFile(schema), wanted);
      const { directory } = await runExporter(root, provider, options, { model: [model] });
      const out = join(directory, "result.json");
      const args = ["--images", join(root, "photos"), "--runs", "3", "--warm-up", "1", "--threads", "1", "--out", out];
      await run(python, [join(directory, "measure.py"), ...args]);

      const result = JSON.parse(await readFile(out, "utf8"));
      expect(result.metric).toEqual({ name: "top1", value: 6 / 7, images: 7 });
      expect(result).toMatchObject({ format: "kdflow-board-1", modelDigest: model.digest, threads: 1, runs: 3 });
      expect(result.runtime).toMatch(provider === onnx ? /^onnxruntime \d/ : /^(tensorflow|tflite|ai_edge)/);
      expect(result.latencyMs.median).toBeGreaterThan(0);
      expect(result.latencyMs.p90).toBeGreaterThanOrEqual(result.latencyMs.p10);
      if (provider !== tflite) return;
      // a file that was moved alone is measured, and not scored
      await rm(join(directory, "export.json"));
      await run(python, [join(directory, "measure.py"), ...args.slice(2)]);
      expect(JSON.parse(await readFile(out, "utf8"))).toMatchObject({ modelDigest: null, metric: null, runs: 3 });
      await expect(run(python, [join(directory, "measure.py"), ...args])).rejects.toThrow("put export.json beside");
    },
  );
});
