/** Pseudo-labels, and trainings on several sources of data, as pipelines run them. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { openStore } from "../../../core/store/store.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

const network = "{ use: classifier, imageSize: 8, backbone: { use: resnet, depth: 8 } }";
const pipeline = `kdflow: 1
name: semi-supervised
vars: { minScore: 0.5, epochs: 2 }
stages:
  data: { use: mnist, root: ./labelled, validation: 0.25, augment: [shift-crop] }
  unlabelled: { kind: data, use: mnist, root: ./unlabelled, validation: 0 }
  teacher: { use: train, epochs: 12, batchSize: 8, schedule: constant, network: ${network} }
  unlabelledLabels: { kind: softLabels, use: logits, precision: float32, inputs: { data: unlabelled } }
  pseudo:
    kind: data
    use: pseudo-labels
    minScore: $vars.minScore
    inputs: { data: unlabelled, softLabels: unlabelledLabels }
  dataLabels: { kind: softLabels, use: logits, views: 2 }
  pseudoSoftLabels: { kind: softLabels, use: logits, views: 2, inputs: { data: pseudo } }
  student: ${network}
  loss: { cross-entropy: 0.5, kd: { weight: 0.5, temperature: 2 } }
  train:
    epochs: $vars.epochs
    batchSize: 16
    schedule: constant
    mix: [1, 1.5]
    inputs: { data: [data, pseudo], softLabels: [dataLabels, pseudoSoftLabels] }
  online:
    kind: train
    epochs: 1
    batchSize: 16
    baseline: false
    inputs: { data: [data, pseudo], softLabels: [] }
  evaluate: { use: classification, latencyRuns: 1 }
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-sources-"));
  await writeTinyMnist(join(folder, "labelled"), { train: 48, test: 10 });
  await writeTinyMnist(join(folder, "unlabelled"), { train: 60, test: 10 });
  await writeFile(join(folder, "pipeline.yaml"), pipeline);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(set: readonly string[] = [], store = ".kdflow") {
  const storeDir = join(folder, store);
  const file = join(folder, "pipeline.yaml");
  const notes: string[] = [];
  const session = await openSession({
    builtins: [builtins],
    file,
    set: [...set],
    storeDir,
    backend: "wasm",
    observe: (hooks) => hooks.log.tap("test", ({ data }) => void notes.push(String(data["message"]))),
  });
  return { session, notes };
}

async function artifact(stage: string, store = ".kdflow"): Promise<string> {
  const found = (await (await openStore(join(folder, store))).list()).find((each) => each.stage === stage);
  if (found === undefined) throw new Error(`nothing is stored of ${stage}`);
  return found.directory;
}

test("labelled and pseudo-labelled data train together, with soft labels of each or a teacher in the loop", async () => {
  const { session, notes } = await open();
  const outcome = await session.run();

  expect(outcome.error).toBeUndefined();
  const file = JSON.parse(await readFile(join(await artifact("pseudo"), "pseudo-labels.json"), "utf8")) as {
    readonly classNames: readonly string[];
    readonly indices: readonly number[];
    readonly labels: readonly number[];
  };
  expect(file.classNames).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  expect(file.indices.length).toBeGreaterThan(0);
  expect(file.indices.length).toBeLessThan(60);
  expect(file.labels).toHaveLength(file.indices.length);
  expect(notes).toContain(`kept ${file.indices.length} of 60 samples, with a score of 0.5 or more`);
  const { session: again } = await open();
  const { stages } = await again.plan();
  expect(stages.map(({ state }) => state)).toEqual(stages.map(() => "reuse"));
  const inputs = stages.find(({ stage }) => stage === "train.baseline")?.inputs;
  expect(inputs).toMatchObject({ data: ["data", "pseudo"] });
  expect(inputs).not.toHaveProperty("softLabels");
});

test("more epochs of a mix go on to the bytes of an undisturbed training", async () => {
  await (await open(["vars.epochs=1"], "grown")).session.run({ until: "train" });
  const grown = await open(["vars.epochs=3"], "grown");
  expect((await grown.session.run({ until: "train" })).error).toBeUndefined();
  expect(grown.notes).toContain("continues a training of 1 epochs");
  await (await open(["vars.epochs=3"], "fresh")).session.run({ until: "train" });
  const weights = async (store: string) => {
    const all = (await (await openStore(join(folder, store))).list()).filter(({ stage }) => stage === "train");
    return Promise.all(all.map(({ directory }) => readFile(join(directory, "weights.bin"), "base64")));
  };
  expect(await weights("grown")).toEqual(expect.arrayContaining(await weights("fresh")));
});

test("a score that no sample reaches is an error that says how near they come", async () => {
  const { session } = await open(["vars.minScore=1"]);
  const outcome = await session.run({ until: "pseudo" });
  expect(outcome.error).toMatchObject({
    code: "KDF_INPUT_EMPTY",
    message: expect.stringMatching(/^the teacher is sure of none of 60 samples: its best score in 1 view is 0\.\d{3}$/),
  });
});
