/** A training of more than a thousand captured steps on real MNIST: equal bytes in another process, and after a kill. */
import { copyFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeReason } from "../support/backend.ts";
import { writeTinyMnist } from "../support/mnist.ts";
import { type CliOptions, type CliResult, eventsOf, kdflow, repository } from "./support/cli.ts";
import { storeContent } from "./support/store-content.ts";
import { tinyProject } from "./support/tiny-pipeline.ts";

const reason = await nativeReason();
const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** 1 370 of the digits are to train on: 342 batches of four and one of two, three times. */
const steps = 3 * 343;

const pipeline = `kdflow: 1
name: captured
plugins: [./kill-plugin.mjs]
stages:
  data: { use: mnist, root: ./mnist, augment: [shift-crop] }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 1 }
  train: { epochs: 3, batchSize: 4, baseline: false, schedule: cosine }
  evaluate: { use: classification, latencyRuns: 2 }
`;

/** 43 steps an epoch, the first two epochs with a frozen backbone. */
const frozenFirst = pipeline.replace(
  "train: { epochs: 3, batchSize: 4,",
  "train: { epochs: 3, batchSize: 32, freeze: { layers: [backbone], until: 2 },",
);

async function project(content: string = pipeline): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-captured-"));
  folders.push(folder);
  await writeTinyMnist(join(folder, "mnist"), { train: 1533, test: 500 });
  await copyFile(join(repository, "tests/fixtures/kill/kill-plugin.mjs"), join(folder, "kill-plugin.mjs"));
  await writeFile(join(folder, "pipeline.yaml"), content);
  return folder;
}

type Env = NonNullable<CliOptions["env"]>;

function train(cwd: string, env: Env = {}, ...args: string[]): Promise<CliResult> {
  return kdflow(["run", "pipeline.yaml", "--json", "--backend", "tensorflow", ...args], { cwd, env });
}

/** The step modes of the run's trainings. */
function modesOf(result: CliResult): unknown[] {
  return eventsOf(result)
    .filter(({ event, name }) => event === "log" && name === "stepMode")
    .map(({ data }) => data);
}

/** Every number that the run ends with, but for those that the clock made. */
function outcomeOf(result: CliResult) {
  const events = eventsOf(result);
  const epochs = events.filter(({ event }) => event === "epochEnd").map(({ epoch, values }) => ({ epoch, values }));
  const end = events.at(-1) as { metrics: { evaluate: { rows: { metrics: object }[] } } } | undefined;
  const rows = end?.metrics.evaluate.rows.map((row) => ({ ...row, metrics: { ...row.metrics, latencyMs: undefined } }));
  return { lastEpoch: epochs.at(-1), rows };
}

const captured = { mode: "captured", numericClass: "tensorflow" };

describe("a training of a thousand captured steps", () => {
  let content: Record<string, unknown>;
  let outcome: unknown;

  beforeAll(async () => {
    if (reason !== undefined) return;
    const folder = await project();
    const undisturbed = await train(folder);
    expect(undisturbed.code, undisturbed.stderr).toBe(0);
    expect(modesOf(undisturbed)).toEqual([captured]);
    const progress = eventsOf(undisturbed).filter(({ event, stage }) => event === "progress" && stage === "train");
    expect(progress.at(-1)).toMatchObject({ unit: "steps", done: steps, total: steps });
    [content, outcome] = [await storeContent(folder), outcomeOf(undisturbed)];
    expect(Object.keys(content)).toHaveLength(3);
  });

  it("ends in the same bytes and metrics in another process", async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const folder = await project();
    const again = await train(folder);
    expect(again.code, again.stderr).toBe(0);
    expect(modesOf(again)).toEqual([captured]);
    expect(await storeContent(folder)).toEqual(content);
    expect(outcomeOf(again)).toEqual(outcome);
  });

  it("starts anew by eager steps after kill -9, and by captured ones goes on to the same bytes and metrics", async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const folder = await project();
    // a checkpoint every 0.12 s, and the kill in the second of three epochs
    const checkpoints = ["--set", "stages.train.checkpointMinutes=0.002"];
    const killed = await train(folder, { KDFLOW_TEST_KILL: "progress:train:600" }, ...checkpoints);
    expect(killed.signal, killed.stderr).toBe("SIGKILL");
    expect(modesOf(killed)).toEqual([captured]);

    // other last bits, hence another key: the checkpoint is none of theirs
    const eager = await train(folder, { KDFLOW_STEP: "eager", KDFLOW_TEST_KILL: "progress:train:1" });
    expect(eager.signal, eager.stderr).toBe("SIGKILL");
    expect(eventsOf(eager).filter(({ name }) => name === "resumed")).toEqual([]);

    const resumed = await train(folder);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(modesOf(resumed)).toEqual([captured]);
    const from = eventsOf(resumed).find(({ name }) => name === "resumed") as { data: { epoch: number; step: number } };
    expect(from.data.epoch).toBe(1);
    expect(from.data.step).toBeGreaterThan(0);
    expect(await storeContent(folder)).toEqual(content);
    expect(outcomeOf(resumed)).toEqual(outcome);
  });
});

describe("a captured training whose backbone is frozen for two of three epochs", () => {
  let content: Record<string, unknown>;
  let outcome: unknown;

  beforeAll(async () => {
    if (reason !== undefined) return;
    const folder = await project(frozenFirst);
    const undisturbed = await train(folder);
    expect(undisturbed.code, undisturbed.stderr).toBe(0);
    [content, outcome] = [await storeContent(folder), outcomeOf(undisturbed)];
  });

  it.for([
    { while: "frozen", step: 60, epoch: 1 },
    { while: "trained", step: 110, epoch: 2 },
  ])("ends in the same bytes after kill -9 while it is $while", async ({ step, epoch }, context) => {
    if (reason !== undefined) return context.skip(reason);
    const folder = await project(frozenFirst);
    const checkpoints = ["--set", "stages.train.checkpointMinutes=0.002"];
    const killed = await train(folder, { KDFLOW_TEST_KILL: `progress:train:${step}` }, ...checkpoints);
    expect(killed.signal, killed.stderr).toBe("SIGKILL");
    const resumed = await train(folder);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(modesOf(resumed)).toEqual([captured]);
    const from = eventsOf(resumed).find(({ name }) => name === "resumed");
    expect(from?.data).toMatchObject({ epoch });
    expect(await storeContent(folder)).toEqual(content);
    expect(outcomeOf(resumed)).toEqual(outcome);
  });
});

describe("a training by eager steps that was killed", () => {
  it("is not continued by captured ones, and goes on by eager ones", async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const folder = await tinyProject();
    folders.push(folder);
    const until = ["--until", "teacher"];
    const killed = await train(folder, { KDFLOW_STEP: "eager", KDFLOW_TEST_KILL: "epochEnd:teacher:1" }, ...until);
    expect(killed.signal, killed.stderr).toBe("SIGKILL");
    expect(modesOf(killed)).toEqual([{ mode: "eager", numericClass: "tensorflow-eager" }]);

    const anew = await train(folder, { KDFLOW_TEST_KILL: "epochEnd:teacher:1" }, ...until);
    expect(modesOf(anew)).toEqual([captured]);
    expect(eventsOf(anew).filter(({ name }) => name === "resumed")).toEqual([]);

    const resumed = await train(folder, { KDFLOW_STEP: "eager" }, ...until);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(eventsOf(resumed)).toContainEqual(expect.objectContaining({ name: "resumed" }));
  });
});

describe("a captured training without a temporary folder", () => {
  it("puts its graph where the store is, and leaves nothing of it", async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const folder = await tinyProject();
    folders.push(folder);
    const run = await train(folder, { TMPDIR: join(folder, "missing") }, "--until", "teacher");
    expect(run.code, run.stderr).toBe(0);
    expect(modesOf(run)).toEqual([captured]);
    expect(await readdir(join(folder, ".kdflow", "tmp"))).toEqual([]);
  });
});
