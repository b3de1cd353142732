import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { Model } from "../../core/index.ts";
import { openModel } from "../../plugins/trainers/start/model-files.ts";
import { runPipeline } from "./pipeline-run.ts";

const script = new URL("../../scripts/digits-scenes.mjs", import.meta.url).pathname;

/** A detector that has learnt a few scenes of digits by heart, and the folder of these scenes. */
export async function overfitDetector(root: string): Promise<{ readonly model: Model; readonly scenes: string }> {
  const asked = ["--format", "voc", "--train", "10", "--test", "2", "--side", "128"];
  await promisify(execFile)(process.execPath, [script, "--out", join(root, "scenes"), ...asked]);
  const stages = `  data: { use: voc, root: ./scenes, imageSize: 128 }
  student:
    use: yolo
    backbone: { use: shufflenet-v2, width: 0.5, stem: imagenet }
    neck: { use: pan-lite, width: 0.5 }
    anchors: auto
  loss: { yolov7: { weight: 1, rescale: false } }
  train:
    epochs: 120
    batchSize: 8
    optimizer: { use: adam, learningRate: 0.004 }
    ema: { decay: 0.9 }
    validateEvery: 120
`;
  const { made, outcome } = await runPipeline(root, stages);
  expect(outcome.status).toBe("ok");
  return { model: await openModel(made["train"] ?? "", "0vef17"), scenes: join(root, "scenes/JPEGImages") };
}
