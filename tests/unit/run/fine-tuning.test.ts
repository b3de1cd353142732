/** Trainings that start from the weights of another stage or of files. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

const network = "{ use: classifier, imageSize: 8, backbone: { use: resnet, depth: 8 } }";
const top = `kdflow: 1
name: fine-tuning
stages:
  data: { use: mnist, root: ./mnist, validation: 0.25 }
  student: ${network}
`;

const fromTeacher = `${top}
  teacher: { use: train, epochs: 1, batchSize: 32, network: ${network} }
  softLabels: logits
  loss: { cross-entropy: 0.1, kd: { weight: 0.9, temperature: 4 } }
  train:
    epochs: 2
    batchSize: 32
    fresh: [head]
    freeze: { layers: [backbone], until: 1 }
    inputs: { weights: teacher }
`;

const fromFiles = `${top}
  weights: { kind: model, use: layers-model, model: ./exported }
  loss: { cross-entropy: 1 }
  train: { epochs: 1, batchSize: 32 }
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-fine-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 40, test: 10 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(yaml: string, notes: string[] = [], folders: Record<string, string> = {}) {
  const file = join(folder, "pipeline.yaml");
  await writeFile(file, yaml);
  const storeDir = join(folder, ".kdflow");
  return openSession({
    builtins: [builtins],
    file,
    set: [],
    storeDir,
    backend: "wasm",
    observe: (hooks) => {
      hooks.log.tap("test", ({ stage, event, data }) => {
        if (event === "startWeights") notes.push(`${stage}: ${String(data["message"])}`);
      });
      hooks.artifact.tapPromise("test", async ({ stage, directory }) => {
        folders[stage] = directory;
      });
    },
  });
}

test("student and baseline start from the teacher; files of a model do too, and other files train again", async () => {
  const notes: string[] = [];
  const folders: Record<string, string> = {};
  const session = await open(fromTeacher, notes, folders);
  const inputsOf = (stage: string) => session.plan().then((plan) => plan.stages.find((each) => each.stage === stage));
  expect((await inputsOf("train.baseline"))?.inputs).toMatchObject({ weights: ["teacher"] });
  const outcome = await session.run();
  expect(outcome.error).toBeUndefined();
  const said = 'starts from stage "teacher": loaded 45 of 47 tensors, head left fresh';
  expect(notes.sort()).toEqual([`train.baseline: ${said}`, `train: ${said}`]);

  await mkdir(join(folder, "exported"));
  const copy = async (stage: string): Promise<void> => {
    for (const name of ["model.json", "weights.bin", "description.json"]) {
      await copyFile(join(folders[stage] ?? "", name), join(folder, "exported", name));
    }
  };
  await copy("teacher");
  notes.length = 0;
  expect((await (await open(fromFiles, notes)).run()).error).toBeUndefined();
  expect(notes).toEqual(['train: starts from stage "weights": loaded 47 of 47 tensors']);
  const state = async () => {
    const { stages } = await (await open(fromFiles)).plan();
    return stages.filter(({ stage }) => stage === "weights" || stage === "train").map((each) => each.state);
  };
  expect(await state()).toEqual(["reuse", "reuse"]);
  const before = await readFile(join(folder, "exported", "weights.bin"));
  await copy("train");
  expect(before.equals(await readFile(join(folder, "exported", "weights.bin")))).toBe(false);
  expect(await state()).toEqual(["run", "depends"]);
});

test("a share of the training as `until` makes longer trainings start anew", async () => {
  const yaml = fromTeacher.replace("until: 1", "until: 0.5").replace("fresh: [head]", "schedule: constant");
  expect((await (await open(yaml)).run({ until: "train" })).error).toBeUndefined();
  const plan = await (await open(yaml.replace("epochs: 2", "epochs: 3"))).plan();
  expect(plan.stages.find(({ stage }) => stage === "train")?.reasons.join()).toContain(
    "starts anew: `freeze` until a share of the training depends on the number of epochs",
  );
});
