/** Detectors that others made, from YAML to scores and pictures, on photos that others made. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Metrics } from "../../../core/index.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { type CocoMetrics, cocoMetricNames } from "../../../plugins/tasks/detection/coco-scores.ts";
import { scoreFiles } from "../../../plugins/tasks/detection/score-files.ts";
import { kdflow } from "../../unit/cli/command-line.ts";
import { sharedFile } from "../../unit/tasks/detection/shared-data.ts";

const coco = sharedFile("photos/coco128-val");
const fruit = sharedFile("photos/fruit");
const voc = sharedFile("photos/voc100/data/database");
const yolox = sharedFile("models/yolox-nano-onnx/yolox_nano.onnx");
const nano = sharedFile("models/mobilenetv2-yolov3-nano-voc-darknet/MobileNetV2-YOLOv3-Nano-voc.cfg");
const graph = sharedFile("models/yolox-nano-tfjs/docs/models/tfjs_yolox_nano_416x416/model.json");
const missing = [coco, fruit, voc, yolox, nano, graph].map((file) => file.missing).find((words) => words !== "") ?? "";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-detectors-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs stages and returns their metrics, and what was said. */
async function run(
  stages: string,
): Promise<{ metrics: Readonly<Record<string, Metrics>>; said: string[]; error: unknown }> {
  const file = join(folder, "pipeline.yaml");
  await writeFile(file, `kdflow: 1\nname: detectors\nstages:\n${stages}`);
  const said: string[] = [];
  const session = await openSession({
    file,
    builtins: [builtins],
    storeDir: join(folder, ".kdflow"),
    observe: (hooks) => {
      hooks.log.tap("test", ({ data }) => void said.push(String(data["message"] ?? "")));
      hooks.warning.tap("test", ({ message }) => void said.push(message));
    },
  });
  const outcome = await session.run();
  return { metrics: outcome.metrics as Readonly<Record<string, Metrics>>, said, error: outcome.error };
}

const mean = (metrics: Metrics | undefined, name: string): number =>
  metrics?.rows.find(({ role }) => role === "teacher")?.metrics[name]?.mean ?? Number.NaN;

describe.skipIf(missing !== "")(`detectors of others ${missing}`, () => {
  it("are scored as another path measured, and their stored detections give the same numbers", async () => {
    const { metrics, said, error } = await run(`
  data: { use: coco, root: ${coco.path}, test: annotations/instances_val.json }
  teacher: { use: onnx, model: ${yolox.path} }
  evaluate: { use: detection, scoreThreshold: 0.01, iouThreshold: 0.6, multiLabel: false, latencyRuns: 1 }
`);
    expect(error).toBeUndefined();
    // decoding, resizing and classes per row differ from those of the other path
    expect(Math.abs(mean(metrics["evaluate"], "AP") - 0.3365)).toBeLessThan(0.01);
    expect(Math.abs(mean(metrics["evaluate"], "AP50") - 0.493)).toBeLessThan(0.01);
    for (const name of ["latencyMs", "latencyBoxesMs", "parameters", "sizeBytes"]) {
      expect(mean(metrics["evaluate"], name)).toBeGreaterThan(0);
    }
    // its 113 convolutions by onnx's shape inference; the 1.08 GFLOPs of its makers count other operators too
    expect(mean(metrics["evaluate"], "multiplyAdds")).toBe(522_553_408);
    expect(metrics["evaluate"]?.rows[0]?.runtime).toMatch(/^onnxruntime-node \d+\.\d+\.\d+ cpu$/u);
    expect(said.join("\n")).toContain("read as those of yolox");
    const [folderOf] = (await readdir(join(folder, ".kdflow"), { recursive: true })).filter((path) =>
      path.endsWith("teacher/detections.json"),
    );
    const files = join(folder, ".kdflow", folderOf ?? "", "..");
    const { scores } = await scoreFiles(join(files, "ground-truth.json"), join(files, "detections.json"));
    for (const name of cocoMetricNames) {
      expect(Math.abs((scores as CocoMetrics)[name] - mean(metrics["evaluate"], name))).toBeLessThan(1e-9);
    }
  }, 300_000);

  it("are scored on data of other classes: those that the data lacks are left out", async () => {
    const { metrics, error } = await run(`
  data: { use: coco, root: ${fruit.path}, test: annotations/instances_test.json }
  teacher: { use: onnx, model: ${yolox.path} }
  evaluate: { use: detection, scoreThreshold: 0.01, iouThreshold: 0.6, multiLabel: false, latencyRuns: 0 }
`);
    expect(error).toBeUndefined();
    // OpenCV, onnxruntime and pycocotools give 0.367 and 0.615 where shrinking samples; with a triangle filter, colour
    // profiles, black under alpha, and the best of these three classes for each row, 0.3792 and 0.6338
    expect(Math.abs(mean(metrics["evaluate"], "AP") - 0.3792)).toBeLessThan(0.005);
    expect(Math.abs(mean(metrics["evaluate"], "AP50") - 0.6338)).toBeLessThan(0.005);
  }, 300_000);

  it("as a graph of TensorFlow.js find what the ONNX file finds", async () => {
    const { metrics, error } = await run(`
  data: { use: coco, root: ${fruit.path}, test: annotations/instances_test.json }
  teacher: { use: onnx, model: ${yolox.path} }
  graph: { kind: teacher, use: graph-model, model: ${graph.path}, decoder: yolox, channelOrder: bgr }
  evaluate: { use: detection, latencyRuns: 0, inputs: { teacher: teacher } }
  other: { kind: evaluate, use: detection, latencyRuns: 0, inputs: { teacher: graph } }
`);
    expect(error).toBeUndefined();
    const [own, other] = [metrics["evaluate"], metrics["other"]].map((each) => mean(each, "AP"));
    expect(own).toBeGreaterThan(0.3);
    // the graph was converted by others; its weights are the same
    expect(Math.abs((own ?? 0) - (other ?? 0))).toBeLessThan(0.001);
    expect(mean(metrics["evaluate"], "multiplyAdds")).toBe(522_553_408);
    expect(mean(metrics["other"], "multiplyAdds")).toBe(522_553_408);
  }, 300_000);

  it("know VOC's classes by COCO's names", async () => {
    const { metrics, error } = await run(`
  data: { use: coco, root: ${voc.path}, photos: images, test: gts/coco_format_v1/instances_default.json }
  teacher: { use: onnx, model: ${yolox.path} }
  evaluate: { use: detection, scoreThreshold: 0.01, iouThreshold: 0.6, multiLabel: false, latencyRuns: 0 }
`);
    expect(error).toBeUndefined();
    expect(Math.abs(mean(metrics["evaluate"], "AP") - 0.514)).toBeLessThan(0.01);
    expect(Math.abs(mean(metrics["evaluate"], "AP50") - 0.754)).toBeLessThan(0.01);
  }, 300_000);

  it("are refused where they find nothing, with the reading that would", async () => {
    const { error } = await run(`
  data: { use: coco, root: ${fruit.path}, train: annotations/instances_train.json, validation: 0.2, limit: 60 }
  teacher: { use: onnx, model: ${yolox.path}, normalize: unit }
  softLabels: { use: logits, views: 1 }
`);
    expect(error).toMatchObject({ code: "KDF_TEACHER_CHANCE" });
    expect(String((error as { hint: readonly string[] }).hint[0])).toContain("normalize: none");
  }, 300_000);

  it("in darknet's form are predicted with, and their boxes are drawn", async () => {
    const sheet = join(folder, "sheet.png");
    const photo = join(voc.path, "images/2007_000027.jpg");
    const result = await kdflow("predict", nano.path, photo, "--json", "--sheet", sheet);
    expect(result.stderr).not.toContain("KDF_");
    const [first] = JSON.parse(result.stdout.split("\n")[0] ?? "{}").boxes;
    expect(first.class).toBe("person");
    // VOC's own box
    const wanted = [173, 100, 349, 351] as const;
    const [left, top, right, bottom] = first.box;
    const shared =
      (Math.min(right, wanted[2]) - Math.max(left, wanted[0])) *
      (Math.min(bottom, wanted[3]) - Math.max(top, wanted[1]));
    const areas = (right - left) * (bottom - top) + (349 - 173) * (351 - 100);
    expect(shared / (areas - shared)).toBeGreaterThan(0.7);
    const { width } = await sharp(await readFile(sheet)).metadata();
    expect(width).toBe(340);
  }, 60_000);
});
