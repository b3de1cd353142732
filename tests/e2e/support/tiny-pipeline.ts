import { copyFile, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTinyMnist } from "../../support/mnist.ts";
import { repository } from "./cli.ts";

/** Folders hold one pipeline on a few hundred real digits: every stage of the quickstart, in seconds. */
export async function tinyProject(changes = ""): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-e2e-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 240, test: 80 });
  await copyFile(join(repository, "tests/fixtures/kill/kill-plugin.mjs"), join(folder, "kill-plugin.mjs"));
  await writeFile(join(folder, "pipeline.yaml"), `${tinyPipeline}${changes}`);
  return folder;
}

const tinyPipeline = `kdflow: 1
name: tiny
plugins: [./kill-plugin.mjs]
vars: { temperature: 4 }
stages:
  data: { use: mnist, root: ./mnist, augment: [shift-crop] }
  teacher: { use: train, epochs: 2, batchSize: 32, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }
  softLabels: { use: logits, views: 2, shardSize: 64, batchSize: 32 }
  student: { use: classifier, backbone: { use: shufflenet-v2, width: 0.5 } }
  loss: { cross-entropy: 0.1, kd: { weight: 0.9, temperature: $vars.temperature } }
  train: { epochs: 2, batchSize: 32 }
  evaluate: { use: classification, latencyRuns: 2 }
  export: layers-model
`;
