import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dataset, Metrics } from "../../../core/index.ts";
import { openParts } from "../../../core/store/parts.ts";
import { openStore } from "../../../core/store/store.ts";
import { openSoftLabels } from "../../../plugins/soft-labels/storing/label-store.ts";
import { type LinearClassifier, linearAccuracy, linearLogits, meanClassifier } from "../../support/mean-classifier.ts";
import { mnistFolder } from "../../support/mnist-folder.ts";
import { linearGraph, onnxBytes } from "../../support/onnx-model.ts";
import { runPipeline } from "../../support/pipeline-run.ts";

const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
let folder: string;
let dataset: Dataset;

interface Model extends LinearClassifier {
  readonly side: number;
}
const models: Record<string, Model> = {};

beforeAll(async () => {
  ({ folder, dataset } = await mnistFolder({ train: 300, test: 60 }, { validation: 0.25 }));
  for (const [name, side] of [
    ["large", 28],
    ["small", 14],
    ["tiny", 7],
  ] as const) {
    const size = { height: side, width: side, channels: 1 };
    const { kernel, bias } = await meanClassifier(dataset.splits.train, size, 10);
    models[name] = { side, kernel, bias };
    // the small one has its classes in another order
    const order = name === "small" ? [...digits].reverse() : digits;
    const moved = order.map(Number);
    const graph = linearGraph({
      shape: ["N", 1, side, side],
      kernel: kernel.map((_, at) => kernel[Math.floor(at / 10) * 10 + (moved[at % 10] ?? 0)] ?? 0),
      bias: bias.map((_, at) => bias[moved[at] ?? 0] ?? 0),
    });
    await writeFile(join(folder, `${name}.onnx`), onnxBytes(graph));
    await writeFile(join(folder, `${name}.txt`), order.join("\n"));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A member's logits of a training sample, in the data's order of classes, in float64. */
async function logitsOf(name: string, sample: number): Promise<number[]> {
  const { side, ...model } = models[name] as Model;
  const pixels = new Uint8Array(side * side);
  await dataset.splits.train.render([sample], undefined, { height: side, width: side, channels: 1 }, pixels);
  return linearLogits(pixels, model);
}

const softmax = (row: number[]): number[] => {
  const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return row.map((logit) => Math.exp(logit) / total);
};

const member = (name: string) => `{ use: onnx, model: ./${name}.onnx, classes: ./${name}.txt }`;

async function run(stages: string) {
  const data = "  data: { use: mnist, root: ./mnist, validation: 0.25 }\n";
  const { made, notes, outcome } = await runPipeline(folder, `${data}${stages}`);
  if (outcome.error !== undefined) throw outcome.error;
  return { made, notes, metrics: outcome.metrics["evaluate"] as Metrics };
}

const labels = (members: string[], more = "") =>
  run(
    `  teacher: { use: ensemble, members: [${members.map(member).join(", ")}]${more} }\n  softLabels: { use: logits, precision: float32 }\n`,
  );

async function read(directory: string, sample: number): Promise<number[]> {
  const store = await openStore(join(folder, ".kdflow"));
  const opened = await openSoftLabels(directory, openParts(store, { provider: "logits" }));
  const out = new Float32Array(10);
  await opened.read([sample], [0], out);
  await opened.close();
  await store.close();
  return [...out];
}

const references = async (directory: string): Promise<string[]> =>
  JSON.parse(await readFile(join(directory, "references.json"), "utf8"));

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  expect(Math.max(...expected.map((value, c) => Math.abs(value - (actual[c] ?? Number.NaN)))) / largest).toBeLessThan(
    1e-5,
  );
}

describe("an ensemble of teachers", () => {
  it("averages logits of members with other input sizes and another order of classes", async () => {
    const { made, notes } = await labels(["large", "small"], ", weights: [3, 1]");
    const large = await logitsOf("large", 11);
    const small = await logitsOf("small", 11);
    expectClose(
      await read(made["softLabels"] ?? "", 11),
      large.map((logit, c) => (3 * logit + (small[c] ?? 0)) / 4),
    );
    expect(
      notes.filter((note) => note.includes("validation samples right")).map((note) => note.split(" gets")[0]),
    ).toEqual(["member 1 of the teacher", "member 2 of the teacher", "the teacher"].map((who) => `softLabels: ${who}`));
  });

  it("averages probabilities", async () => {
    const { made } = await labels(["large", "small"], ", average: probabilities");
    const large = softmax(await logitsOf("large", 5));
    const small = softmax(await logitsOf("small", 5));
    expectClose(
      await read(made["softLabels"] ?? "", 5),
      large.map((p, c) => Math.log((p + (small[c] ?? 0)) / 2)),
    );
  });

  it("keeps each member's labels by themselves: members that come or go label nothing else again", async () => {
    const alone = await run(`  teacher: ${member("large")}\n  softLabels: { use: logits, precision: float32 }\n`);
    const [large = ""] = await references(alone.made["softLabels"] ?? "");
    const three = await references((await labels(["small", "tiny", "large"])).made["softLabels"] ?? "");
    expect(three).toHaveLength(3);
    expect(three[2]).toBe(large);
    const before = await readdir(join(folder, ".kdflow", "store"));
    const two = await references((await labels(["tiny", "large"])).made["softLabels"] ?? "");
    expect(two).toEqual(three.slice(1));
    const after = await readdir(join(folder, ".kdflow", "store"));
    // the new ensemble and its list of labels, no shard
    expect(after).toHaveLength(before.length + 2);
  });

  it("takes stages of its own, trained ones too, and is scored in evaluate", async () => {
    const network = "{ use: classifier, backbone: { use: resnet, depth: 8 } }";
    const { metrics } = await run(`  alone: { kind: teacher, ${member("large").slice(1, -1)} }
  trained: { kind: teacher, use: train, epochs: 1, batchSize: 32, network: ${network} }
  teacher: { use: ensemble, weights: [1, 0], inputs: { members: [alone, trained] } }
  student: ${network}
  loss: { cross-entropy: 1 }
  train: { epochs: 1, batchSize: 32, baseline: false }
  evaluate: { use: classification, latencyRuns: 1 }
`);
    const { side, ...large } = models["large"] as Model;
    const accuracy = await linearAccuracy(dataset.splits.test, { height: side, width: side, channels: 1 }, large);
    const teacher = metrics.rows.find(({ role }) => role === "teacher")?.metrics;
    expect(teacher?.["top1"]?.mean).toBeCloseTo(accuracy, 10);
  }, 60_000);

  it.each([
    ["no members", "[]", "", "KDF_PLAN_OPTIONS"],
    ["weights of another number", `[${member("large")}]`, ", weights: [1, 2]", "KDF_PLAN_OPTIONS"],
    [
      "a member that would be trained",
      "[{ use: train, epochs: 1, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }]",
      "",
      "KDF_PLAN_OPTIONS",
    ],
  ])("refuses %s", async (_what, members, more, code) => {
    await expect(run(`  teacher: { use: ensemble, members: ${members}${more} }\n`)).rejects.toMatchObject({ code });
  });

  it("refuses members that know other classes", async () => {
    await writeFile(join(folder, "words.txt"), "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine");
    const other = "{ use: onnx, model: ./tiny.onnx, classes: ./words.txt }";
    await expect(run(`  teacher: { use: ensemble, members: [${member("large")}, ${other}] }\n`)).rejects.toMatchObject({
      code: "KDF_PLAN_CLASSES",
      message: 'member 2 (onnx) of the ensemble knows other classes: it lacks the class "0" of member 1 (onnx)',
    });
  });
});
