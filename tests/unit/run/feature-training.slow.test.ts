/** Losses on features, from the YAML to the export: taps, adapters, checkpoints, captured steps. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, type RunOutcome } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { nativeReason } from "../../support/backend.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { relativeError } from "../../support/tolerances.ts";

const network = (backbone: string): string => `{ use: classifier, imageSize: 8, backbone: ${backbone} }`;
const fixture = new URL("../../fixtures/plugins/feature-hint.js", import.meta.url).pathname;

const trained = `{ use: train, epochs: 1, batchSize: 16, network: ${network("{ use: resnet, depth: 8 }")} }`;

const pipelineOf = (loss: string, teacher: string): string => `kdflow: 1
name: features
plugins: [${fixture}]
stages:
  data: { use: mnist, root: ./mnist, validation: 0.25 }
  teacher: ${teacher}
  student: ${network("{ use: mobilenet-v1, width: 0.25 }")}
  loss: ${loss}
  train: { epochs: 2, batchSize: 16, baseline: false }
  export: layers-model
`;

const hint = "{ cross-entropy: 1, hint: { use: feature-hint, weight: 0.5, at: { stage3: stage2 } } }";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-features-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 48, test: 10 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Trained {
  readonly outcome: RunOutcome;
  /** Folder of the trained student. */
  readonly student: string;
  /** Modes of the steps that were made. */
  readonly modes: readonly unknown[];
}

interface Asked {
  readonly store?: string;
  readonly backend?: string;
  /** Stops after the student's first epoch. */
  readonly interrupted?: boolean;
  /** The stage, and what follows it; one that is trained unless given. */
  readonly teacher?: string;
}

async function run(loss: string, asked: Asked = {}): Promise<Trained> {
  const { store = "one", backend = "wasm", interrupted = false, teacher = trained } = asked;
  const file = join(folder, `${store}.yaml`);
  await writeFile(file, pipelineOf(loss, teacher));
  const controller = new AbortController();
  const modes: unknown[] = [];
  let student = "";
  const session = await openSession({
    builtins: [builtins],
    file,
    set: [],
    storeDir: join(folder, store),
    backend,
    signal: controller.signal,
    observe: (hooks) => {
      hooks.artifact.tapPromise("test", async ({ stage, directory }) => {
        if (stage === "train") student = directory;
      });
      hooks.log.tap("test", ({ stage, event, data }) => {
        if (stage === "train" && event === "stepMode") modes.push(data["mode"]);
      });
      hooks.epochEnd.tap("test", ({ stage }) => {
        if (interrupted && stage === "train") controller.abort(new Error("enough"));
      });
    },
  });
  return { outcome: await session.run(), student, modes };
}

async function filesOf(directory: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(directory)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))])),
  );
}

test("an adapter brings the student's features to the teacher's channels, and is not exported", async () => {
  const { outcome, student } = await run(hint);
  expect(outcome.error).toBeUndefined();
  const files = await filesOf(student);
  const { weights } = JSON.parse(String(files["adapters.json"]));
  // the student's stage3 has 256 · ¼ channels, the teacher's stage2 32
  expect(weights).toEqual([
    { name: "loss/hint/adapter/convolution/kernel", shape: [1, 1, 64, 32], offset: 0 },
    { name: "loss/hint/adapter/convolution/bias", shape: [32], offset: 64 * 32 },
  ]);
  const bias = new Float32Array(new Uint8Array(files["adapters.bin"] ?? []).buffer, 4 * 64 * 32);
  expect(bias.some((value) => value !== 0)).toBe(true);
  expect(JSON.parse(String(files["description.json"])).history[1].losses.hint).toBeGreaterThan(0);
  const exported = await filesOf(outcome.exports["export.layers-model"] ?? outcome.exports["export"] ?? "");
  expect(Object.keys(exported).filter((name) => /adapter|features/.test(name))).toEqual([]);
  expect(exported["model.json"]).toEqual(files["model.json"]);
  expect(String(exported["model.json"])).not.toContain("adapter");
});

test("a training that was interrupted ends in the same bytes, its adapter included", async () => {
  const undisturbed = await filesOf((await run(hint, { store: "whole" })).student);
  const first = await run(hint, { store: "two", interrupted: true });
  expect(first.outcome.status).toBe("interrupted");
  const second = await run(hint, { store: "two" });
  expect(second.outcome.error).toBeUndefined();
  expect(await filesOf(second.student)).toEqual(undisturbed);
});

test("several pairs of taps are a term each, with an equal part of the weight", async () => {
  const loss = "{ cross-entropy: 1, hint: { use: feature-hint, at: { stage3: stage2, stage4/pre: stage3 } } }";
  const { outcome, student } = await run(loss);
  expect(outcome.error).toBeUndefined();
  const files = await filesOf(student);
  const { losses } = JSON.parse(String(files["description.json"])).history[0];
  expect(Object.keys(losses).sort()).toEqual(["cross-entropy", "hint.stage3", "hint.stage4/pre", "loss"]);
  const halves = (losses["hint.stage3"] + losses["hint.stage4/pre"]) / 2;
  expect(losses.loss).toBeCloseTo(losses["cross-entropy"] + halves, 4);
});

test("stored logits and features in the loop are of one teacher, each from where it is", async () => {
  const loss = "{ kd: { weight: 1, temperature: 2 }, hint: { use: feature-hint, at: { stage3: stage2 } } }";
  const labelled = await run(loss, { teacher: `${trained}\n  softLabels: { use: logits, precision: float32 }` });
  const online = await run(loss);
  const historyOf = async ({ outcome, student }: Trained): Promise<Record<string, number>[]> => {
    expect(outcome.error).toBeUndefined();
    const { history } = JSON.parse(String((await filesOf(student))["description.json"]));
    return history.map(({ losses }: { losses: Record<string, number> }) => losses);
  };
  // no view is augmented, so stored logits are those of the teacher in the loop but for last bits: its batches differ
  const expected = await historyOf(online);
  for (const [epoch, losses] of (await historyOf(labelled)).entries()) {
    for (const name of ["kd", "hint", "loss"]) {
      expect(relativeError([losses[name] ?? Number.NaN], [expected[epoch]?.[name] ?? 0])).toBeLessThanOrEqual(1e-4);
    }
  }
});

test("taps of an ONNX file are compared with vectors of the student", async () => {
  const model = new URL("../../fixtures/onnx/ten.onnx", import.meta.url).pathname;
  const teacher = `{ use: onnx, model: ${model}, taps: { flattened: flat } }`;
  const loss = "{ cross-entropy: 1, hint: { use: feature-hint, at: { pooled: flattened } } }";
  const { outcome, student } = await run(loss, { teacher });
  expect(outcome.error).toBeUndefined();
  const { weights } = JSON.parse(String((await filesOf(student))["adapters.json"]));
  // 1024 · ¼ channels of the student, 4 × 4 pixels of the teacher
  expect(weights[0]).toMatchObject({ name: "loss/hint/adapter/convolution/kernel", shape: [256, 16] });
});

describe("on tensorflow the step is captured", () => {
  test.for([
    ["with an adapter", hint],
    ["with assignments that have no gradient", hint.replace("feature-hint", "nearest-place")],
  ] as const)("%s", async ([, loss], context) => {
    const reason = await nativeReason();
    if (reason !== undefined) return context.skip(reason);
    const { outcome, modes } = await run(loss, { store: "native", backend: "tensorflow" });
    expect(outcome.error).toBeUndefined();
    expect(modes).toEqual(["captured"]);
  });
});

test("a tap that the student does not have is told with those that it has", async () => {
  const { outcome } = await run(hint.replace("stage3: stage2", "stage9: stage2"));
  expect(outcome.error).toMatchObject({
    code: "KDF_TRAIN_INPUT",
    message: 'the loss term "hint" takes features at "stage9" of the student, which has no such tap',
    hint: [expect.stringContaining("stage3 (4×4×64, stride 2), stage3/pre (4×4×64, stride 2)")],
  });
});

test("a tap that the teacher does not have is told with those that it has", async () => {
  const { outcome } = await run(hint.replace("stage3: stage2", "stage3: stage9"));
  expect(outcome.error).toMatchObject({
    code: "KDF_TRAIN_INPUT",
    message: 'the loss term "hint" takes features at "stage9" of the teacher, which has no such tap',
    hint: [expect.stringContaining("stage2 (4×4×32, stride 2)")],
  });
});

test.each([
  ["kd: { weight: 1, at: stage3 }", "has `at` and takes no features"],
  ["kd: { weight: 1, adapter: conv1x1 }", "has an adapter and does not take features of both student and teacher"],
])("what means nothing to a term is not passed over: %s", async (term, problem) => {
  await expect(run(`{ ${term} }`)).rejects.toMatchObject({
    code: "KDF_PLAN_FEATURES",
    message: `the loss term "kd" ${problem}`,
  });
});

test("a teacher's own loss has no taps to take features at", async () => {
  const teacher = trained.replace("epochs: 1", "epochs: 1, loss: feature-hint");
  await expect(run("{ kd: 1 }", { teacher })).rejects.toMatchObject({ code: "KDF_PLAN_FEATURES" });
});

test("a map and a vector are told before the first step", async () => {
  const { outcome } = await run(hint.replace("stage3: stage2", "pooled: stage2"));
  expect(outcome.error).toMatchObject({
    code: "KDF_TRAIN_FEATURES",
    message: 'the loss term "hint" compares "pooled" of the student, 256, with "stage2" of the teacher, 4×4×32',
  });
});

describe("the adapter", () => {
  test.for([
    // the student's stage4 is 2×2×128: it is enlarged to the teacher's 4×4, then convolved
    ["resize, where maps of other sizes are compared,", "stage4", "", ["convolution/kernel", [1, 1, 128, 32]]],
    ["resize, where it makes maps smaller,", "stage2", ", adapter: resize", ["convolution/kernel", [1, 1, 32, 32]]],
    ["conv3x3", "stage3", ", adapter: conv3x3", ["convolution/kernel", [3, 3, 64, 32]]],
    ["projector", "stage3", ", adapter: projector", ["first/kernel", [1, 1, 64, 32]]],
  ] as const)("%s is trained and kept beside the student", async ([, tap, adapter, [name, shape]]) => {
    const loss = `{ cross-entropy: 1, hint: { weight: 0.5, at: { ${tap}: stage2 }${adapter} } }`;
    const { outcome, student } = await run(loss);
    expect(outcome.error).toBeUndefined();
    const files = await filesOf(student);
    const { weights } = JSON.parse(String(files["adapters.json"]));
    expect(weights[0]).toMatchObject({ name: `loss/hint/adapter/${name}`, shape });
  });

  test("that gets no gradient is an error", async () => {
    const { outcome } = await run(hint.replace("feature-hint", "deaf"));
    expect(outcome.error).toMatchObject({
      code: "KDF_TRAIN_NO_GRADIENT",
      message: expect.stringContaining('"loss/hint/adapter/convolution/kernel"'),
    });
  });
});

test("a loss that joins pairs of taps sees all of them in one term", async () => {
  const loss = "{ cross-entropy: 1, review-kd: { channels: 8, at: { stage3: stage2, stage4: stage3 } } }";
  const { outcome, student } = await run(loss);
  expect(outcome.error).toBeUndefined();
  const files = await filesOf(student);
  const { losses } = JSON.parse(String(files["description.json"])).history[0];
  expect(Object.keys(losses).sort()).toEqual(["cross-entropy", "loss", "review-kd"]);
  const names = JSON.parse(String(files["adapters.json"])).weights.map(({ name }: { name: string }) => name);
  expect(names).toContain("loss/review-kd/mix1/kernel");
  expect(names).not.toContain("loss/review-kd/mix2/kernel");
});

test("the memory bank of crd has to have a place for every image", async () => {
  const small = "{ cross-entropy: 1, crd: { samples: 8, negatives: 4, dimensions: 8, at: pooled } }";
  expect((await run(small)).outcome.error).toMatchObject({ code: "KDF_TRAIN_INPUT" });
  const { outcome } = await run(small.replace("samples: 8", "samples: 48"));
  expect(outcome.error).toBeUndefined();
});
