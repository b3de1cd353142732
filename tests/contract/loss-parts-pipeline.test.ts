/** A plugin's loss with a trained layer, a state and a scalar of its own, in a whole pipeline. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSession } from "../../core/run/session.ts";
import type { Session } from "../../core/run/session-types.ts";
import { builtins } from "../../plugins/index.ts";
import { writeTinyMnist } from "../support/mnist.ts";
import { makePluginProject } from "../support/plugin-project.ts";

const pipeline = `kdflow: 1
name: adapters
plugins: [./centred-hint.js]
stages:
  data: { use: mnist, root: ./digits }
  teacher: { use: train, epochs: 2, batchSize: 32, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }
  softLabels: logits
  student: { use: classifier, backbone: { use: shufflenet-v2, width: 0.5 } }
  loss: { cross-entropy: 0.5, centred-hint: { weight: 0.01, sharpen: 1.5 } }
  train: { epochs: 1, batchSize: 32 }
  export: layers-model
`;

/** @param folders filled with the folder of each stage's artifact once the pipeline ran */
async function open(project: string, folders: Record<string, string> = {}): Promise<Session> {
  return openSession({
    file: join(project, "pipeline.yaml"),
    builtins: [builtins],
    storeDir: join(project, ".kdflow"),
    observe: (hooks) => {
      hooks.artifact.tap("kdflow:test", ({ stage, directory }) => {
        folders[stage] = directory;
      });
    },
  });
}

async function describedBy(folder: string | undefined): Promise<{ readonly trainableParameters: number }> {
  return JSON.parse(await readFile(join(folder ?? "", "description.json"), "utf8"));
}

test("a student's adapters lie beside its model, and neither baseline nor export has them", async () => {
  const project = await makePluginProject();
  await writeTinyMnist(join(project, "digits"), { train: 200, test: 20 });
  await writeFile(join(project, "pipeline.yaml"), pipeline);
  const folders: Record<string, string> = {};
  const outcome = await (await open(project, folders)).run();
  expect(outcome.error).toBeUndefined();
  const files = async (stage: string): Promise<string[]> => (await readdir(folders[stage] ?? "")).sort();
  const model = ["description.json", "features.json", "manifest.json", "model.json", "weights.bin"];
  expect(await files("train")).toEqual(["adapters.bin", "adapters.json", ...model]);
  expect(await files("train.baseline")).toEqual(model);
  expect(await files("teacher")).toEqual(model);
  expect(await files("export")).not.toContain("adapters.json");
  const exported = await readFile(join(folders["export"] ?? "", "model.json"), "utf8");
  expect(exported).toBe(await readFile(join(folders["train"] ?? "", "model.json"), "utf8"));
  expect(exported).not.toContain("projection");
  const [student, baseline] = [await describedBy(folders["train"]), await describedBy(folders["train.baseline"])];
  expect(student.trainableParameters).toBe(baseline.trainableParameters);

  await writeFile(join(project, "pipeline.yaml"), pipeline.replace("sharpen: 1.5", "sharpen: 3"));
  const { stages } = await (await open(project)).plan();
  const states = Object.fromEntries(stages.map(({ stage, state }) => [stage, state]));
  expect(states).toMatchObject({ "train.baseline": "reuse", train: "run" });
});
