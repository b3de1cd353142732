import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Fit, ImageSize, JsonSchema, Model } from "../../../core/index.ts";
import { plainView } from "../../../core/index.ts";
import { readSchemaFile } from "../../../core/plugins/schema-file.ts";
import { defaultOptions } from "../../../core/testing/index.ts";
import { frameOf } from "../../../plugins/data/photos/photo-frame.ts";
import { renderPhoto } from "../../../plugins/data/photos/render-photo.ts";
import { renderPlaced } from "../../../plugins/data/photos/render-placed.ts";
import { graphModel } from "../../../plugins/exporters/graph-model.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import { classificationId } from "../../../plugins/tasks/classification/names.ts";
import { viewerOf } from "../../../plugins/tasks/detection/viewer.ts";
import { runExporter, storedModel } from "../../support/export-bench.ts";
import { type OddPhoto, oddPhotos } from "../../support/odd-photos.ts";
import { openOnnx } from "../../support/onnx-run.ts";
import { backend, buildNetwork, tf } from "../networks/build-network.ts";
import { sharedFile } from "../tasks/detection/shared-data.ts";

const { path: photos, missing } = sharedFile("photos/coco128-val/images");
const log = { debug() {}, info() {}, warn() {} };
const classNames = ["a", "b", "c", "d", "e"];

const schemaOf = (id: string): Promise<JsonSchema> =>
  readSchemaFile(new URL(`../../../schemas/providers/export/${id}.schema.json`, import.meta.url));

let root: string;
const seen = new Map<string, Uint8Array>();
let odd: readonly OddPhoto[];

describe.skipIf(missing !== "")(`photos of any size ${missing}`, () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "kdflow-photo-input-"));
    odd = await oddPhotos(root, photos, 204);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** The photo as training and evaluation see it. */
  async function native(photo: OddPhoto, size: ImageSize, fit: "crop" | "stretch"): Promise<Uint8Array> {
    const key = JSON.stringify([photo.name, size, fit]);
    const known = seen.get(key) ?? (await rendered(photo, size, fit));
    seen.set(key, known);
    return known;
  }

  async function rendered({ source }: OddPhoto, size: ImageSize, fit: "crop" | "stretch"): Promise<Uint8Array> {
    const out = new Uint8Array(size.height * size.width * 3);
    if (size.fit === undefined) await renderPhoto([source], frameOf(source, fit, size).plain, size, out);
    else await renderPlaced([source], plainView, viewerOf(size), out);
    return out;
  }

  /** Runs an exported file on a photo. */
  async function opened(format: "onnx" | "graph-model", directory: string) {
    if (format === "onnx") {
      const run = await openOnnx(await readFile(join(directory, "model.onnx")));
      return async ({ pixels, source: { width, height } }: OddPhoto) => {
        const results = await run(pixels, [1, height, width, 3]);
        return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
      };
    }
    const json = JSON.parse(await readFile(join(directory, "model.json"), "utf8"));
    const weightData = Uint8Array.from(await readFile(join(directory, "weights.bin"))).buffer;
    const weightSpecs = json.weightsManifest.flatMap(({ weights }: { weights: object[] }) => weights);
    const model = await tf.loadGraphModel({ load: async () => ({ ...json, weightSpecs, weightData }) });
    const names = Object.keys(json.signature.outputs);
    return async ({ pixels, source: { width, height } }: OddPhoto) => {
      const given = tf.tidy(() => [model.execute(tf.tensor(pixels, [1, height, width, 3], "int32"), names)].flat());
      const entries = given.map((tensor, place) => [names[place] ?? "", Float32Array.from(tensor.dataSync())] as const);
      for (const tensor of given) tensor.dispose();
      return Object.fromEntries(entries);
    };
  }

  async function exportedFile(format: "onnx" | "graph-model", model: Model, options: object) {
    const provider = format === "onnx" ? onnx : graphModel;
    const chosen = defaultOptions(await schemaOf(format), { input: "photo", ...options });
    const { directory } = await runExporter(root, provider, chosen, { model: [model] });
    return opened(format, directory);
  }

  const formats = ["onnx", "graph-model"] as const;
  const fits: readonly { readonly name: string; readonly fit: Fit | undefined; readonly own: "crop" | "stretch" }[] = [
    { name: "crop", fit: undefined, own: "crop" },
    { name: "stretch", fit: undefined, own: "stretch" },
    { name: "letterbox", fit: { letterbox: "centre", fill: 114, rounding: "round", enlarge: true }, own: "crop" },
    { name: "corner", fit: { letterbox: "top-left", fill: 0, rounding: "trunc", enlarge: false }, own: "crop" },
  ];

  describe.each(formats)("%s", (format) => {
    test.each(fits)("sees the pixels that training sees: $name", async ({ fit, own }) => {
      const imageSize: ImageSize = { height: 64, width: 96, channels: 3, ...(fit === undefined ? {} : { fit }) };
      // a network that shows what it is given
      const input = tf.input({ shape: [64, 96, 3] });
      const shown = tf.layers.flatten().apply(tf.layers.activation({ activation: "linear" }).apply(input));
      const network = tf.model({ inputs: input, outputs: shown as never });
      const outputs = { logits: { kind: "softmax-logits", shape: [64 * 96 * 3] } };
      const model = await storedModel(
        root,
        { model: network, outputs },
        { task: classificationId, classNames, imageSize },
      );
      const run = await exportedFile(format, model, { fit: own });
      let [largest, sum, count] = [0, 0, 0];
      for (const photo of odd) {
        const expected = await native(photo, imageSize, own);
        const { logits = new Float32Array() } = await run(photo);
        let [most, all] = [0, 0];
        for (const [place, value] of expected.entries()) {
          const difference = Math.abs(value - (logits[place] ?? Number.NaN));
          all += difference;
          if (!(difference <= most)) most = difference;
        }
        [largest, sum, count] = [Math.max(largest, most), sum + all, count + expected.length];
      }
      // what is left are halves, which float32 rounds to the other side
      expect(sum / count).toBeLessThan(0.05);
      expect(largest).toBeLessThanOrEqual(2);
    });

    test("a classifier gives the same probabilities", async () => {
      const built = await buildNetwork({
        backbone: { use: "shufflenet-v2", width: 0.5 },
        size: 64,
        classes: 5,
        seed: 1,
      });
      sharpen(built.model, 3);
      const imageSize = { height: 64, width: 64, channels: 3 };
      const model = await storedModel(root, built, { task: classificationId, classNames, imageSize });
      const predictor = await model.load(backend, log);
      const run = await exportedFile(format, model, {});
      let worst = 0;
      for (const photo of odd) {
        const { logits: own = new Float32Array() } = await predictor.predict(await native(photo, imageSize, "crop"), 1);
        const { logits = new Float32Array() } = await run(photo);
        const [one, other] = [softmax(own), softmax(logits)];
        one.forEach((prob, place) => {
          worst = Math.max(worst, Math.abs(prob - (other[place] ?? Number.NaN)));
        });
      }
      predictor.dispose();
      expect(worst).toBeLessThanOrEqual(1e-2);
    });
  });
});

function softmax(logits: ArrayLike<number>): number[] {
  const most = Math.max(...Array.from(logits));
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Makes the last layers' weights larger, so that an untrained network is sure of something. */
function sharpen(
  model: { readonly layers: readonly unknown[]; readonly outputs: readonly { sourceLayer: unknown }[] },
  by: number,
): void {
  for (const { sourceLayer } of model.outputs) {
    const layer = sourceLayer as { getWeights(): Tensor[]; setWeights(weights: Tensor[]): void };
    const [kernel, ...rest] = layer.getWeights();
    if (kernel !== undefined) layer.setWeights([tf.mul(kernel, by), ...rest]);
  }
}
