import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dataset, definePlugin, defineProvider } from "../../../core/index.ts";
import { builtins } from "../../../plugins/index.ts";
import { meanClassifier, type Scaling } from "../../support/mean-classifier.ts";
import { mnistFolder } from "../../support/mnist-folder.ts";
import { type LinearModel, linearGraph, type OnnxGraph, onnxBytes } from "../../support/onnx-model.ts";
import { openPipeline, runPipeline } from "../../support/pipeline-run.ts";

const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const grey = { height: 28, width: 28, channels: 1 };
let folder: string;
let dataset: Dataset;

beforeAll(async () => {
  ({ folder, dataset } = await mnistFolder({ train: 400, test: 100 }, { validation: 0.25 }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes the mean classifier for pixels that are scaled so, and gives its file name. */
async function writeModel(
  name: string,
  { scaling, order = digits, ...changes }: Partial<LinearModel> & { scaling?: Scaling; order?: readonly string[] } = {},
): Promise<string> {
  const { kernel, bias } = await meanClassifier(dataset.splits.train, grey, 10, scaling);
  const columns = order.map((digit) => digits.indexOf(digit));
  const moved = {
    kernel: kernel.map((_, at) => kernel[Math.floor(at / 10) * 10 + (columns[at % 10] ?? 0)] ?? 0),
    bias: bias.map((_, column) => bias[columns[column] ?? 0] ?? 0),
  };
  await writeFile(join(folder, name), onnxBytes(linearGraph({ shape: ["N", 1, 28, 28], ...moved, ...changes })));
  return `./${name}`;
}

const float32 = "{ use: logits, precision: float32 }";

const stages = (teacher: string, softLabels: string): string =>
  `  data: { use: mnist, root: ./mnist, validation: 0.25 }\n  teacher: ${teacher}\n  softLabels: ${softLabels}\n`;

/** Runs data, teacher and soft labels; what was said, the error, and the plan's states. */
async function label(teacher: string, softLabels = float32) {
  const { session, notes } = await openPipeline(folder, stages(teacher, softLabels));
  const states = (await session.plan()).stages.map(({ state }) => state);
  const { error } = await session.run();
  return { notes, states, error };
}

/** Supplies a backend that says when it is loaded. */
const unwanted = definePlugin({
  name: "unwanted",
  version: "1.0.0",
  kdflow: "^1",
  providers: [
    defineProvider<"backends", object>("backends", {
      id: "unwanted",
      summary: "cannot be loaded",
      schema: { type: "object", description: "None.", additionalProperties: false, properties: {} },
      cacheVersion: 1,
      numericClass: "unwanted",
      priority: 0,
      probe: async () => ({ available: true, detail: "here" }),
      create: async () => Promise.reject(new Error("it was loaded")),
    }),
  ],
});

describe("a teacher in an ONNX file", () => {
  it.each([float32, "online"])("needs no tensor backend to label: %s", async (softLabels) => {
    const teacher = `{ use: onnx, model: ${await writeModel("plain.onnx")} }`;
    const without = { builtins: [builtins, unwanted], backend: "unwanted", storeDir: join(folder, "unwanted") };
    const { outcome } = await runPipeline(folder, stages(teacher, softLabels), without);
    expect(outcome.error).toBeUndefined();
    const verified = await (await openPipeline(folder, stages(teacher, softLabels), without)).session.verify();
    expect(verified.map(({ stage, ok }) => [stage, ok])).toEqual(softLabels === "online" ? [] : [["softLabels", true]]);
  });

  it("labels the data, says what it took it for, and is reused", async () => {
    const model = await writeModel("plain.onnx");
    const first = await label(`{ use: onnx, model: ${model} }`);
    expect(first.error).toBeUndefined();
    expect(first.notes).toEqual([
      "teacher: the 10 classes of the teacher are taken to be the data's, in the same order",
      'teacher: the scores in "scores" are logits (rows do not sum to 1)',
      expect.stringMatching(/^softLabels: the teacher gets \d+ of \d+ validation samples right \(\d\d\.\d %\)$/),
    ]);
    const again = await label(`{ use: onnx, model: ${model} }`);
    expect(again.states).toEqual(["reuse", "reuse", "reuse"]);
  });

  it("takes logarithms of probabilities", async () => {
    const model = await writeModel("softmax.onnx", { softmax: true });
    const { notes, error } = await label(`{ use: onnx, model: ${model} }`);
    expect(error).toBeUndefined();
    expect(notes).toContain(
      'teacher: the scores in "scores" are probabilities; their logarithms are used (rows are ≥ 0 and sum to 1)',
    );
  });

  it("takes rows of scores in the shape [batch, classes, 1, 1], and a batch that is written as −1", async () => {
    const { kernel, bias } = await meanClassifier(dataset.splits.train, grey, 10);
    const filters = kernel.map((_, at) => kernel[(at % 784) * 10 + Math.floor(at / 784)] ?? Number.NaN);
    const graph: OnnxGraph = {
      inputs: [{ name: "pixels", shape: [-1, 1, 28, 28] }],
      outputs: [{ name: "scores", shape: [-1, 10, 1, 1] }],
      nodes: [{ op: "Conv", inputs: ["pixels", "filters", "bias"], outputs: ["scores"] }],
      weights: [
        { name: "filters", shape: [10, 1, 28, 28], values: filters },
        { name: "bias", shape: [10], values: bias },
      ],
    };
    await writeFile(join(folder, "pooled.onnx"), onnxBytes(graph));
    const { error, notes } = await label("{ use: onnx, model: ./pooled.onnx }");
    expect(error).toBeUndefined();
    expect(notes[0]).toContain("the 10 classes of the teacher");
    // the mean classifier gets most of them right; axes in the wrong order would not
    expect(notes[2]).toMatch(/the teacher gets \d+ of \d+ validation samples right \([89]\d\.\d %\)/);
  });

  it("is another teacher with another file, and the same one under another name", async () => {
    const model = await writeModel("first.onnx");
    await label(`{ use: onnx, model: ${model} }`);
    await writeFile(join(folder, "copy.onnx"), await readFile(join(folder, "first.onnx")));
    expect((await label("{ use: onnx, model: ./copy.onnx }")).states).toEqual(["reuse", "reuse", "reuse"]);
    await writeModel("copy.onnx", { scaling: { scale: 1 / 255, offset: 0.01 } });
    expect((await label("{ use: onnx, model: ./copy.onnx }")).states.slice(0, 2)).toEqual(["reuse", "run"]);
  });

  it("finds the data's classes by name where the model has them in another order", async () => {
    const order = [...digits].reverse();
    const model = await writeModel("reversed.onnx", { order });
    await writeFile(join(folder, "reversed.txt"), `${order.join("\n")}\n`);
    const named = await label(`{ use: onnx, model: ${model}, classes: ./reversed.txt }`);
    expect(named.error).toBeUndefined();
    const unnamed = await label(`{ use: onnx, model: ${model} }`);
    expect(unnamed.error).toMatchObject({
      code: "KDF_TEACHER_CHANCE",
      hint: [
        expect.stringMatching(
          /^with its classes in another order it gets [5-9]\d\.\d % right: it says "0" where it sees "9"/,
        ),
        "nothing was labelled",
      ],
    });
  });

  it("proposes the normalisation that the model was made for", async () => {
    const model = await writeModel("none.onnx", { scaling: { scale: 1, offset: 0 } });
    expect((await label(`{ use: onnx, model: ${model}, normalize: none }`)).error).toBeUndefined();
    const { error } = await label(`{ use: onnx, model: ${model} }`);
    expect(error).toMatchObject({
      code: "KDF_TEACHER_CHANCE",
      hint: [
        expect.stringMatching(/^with `normalize: none` it gets [5-9]\d\.\d % right: say so at the teacher$/),
        "nothing was labelled",
      ],
    });
  });

  it("reads weights from a file beside the model, whose content counts", async () => {
    const { kernel } = await meanClassifier(dataset.splits.train, grey, 10);
    await writeFile(join(folder, "kernel.bin"), new Uint8Array(kernel.buffer));
    const model = await writeModel("external.onnx", { weightFile: "kernel.bin" });
    expect((await label(`{ use: onnx, model: ${model} }`)).error).toBeUndefined();
    await writeFile(join(folder, "kernel.bin"), new Uint8Array(kernel.map((weight) => weight * 2).buffer));
    expect((await label(`{ use: onnx, model: ${model} }`)).states[1]).toBe("run");
    await rm(join(folder, "kernel.bin"));
    await expect(label(`{ use: onnx, model: ${model} }`)).rejects.toMatchObject({ code: "KDF_INPUT_MISSING_FILE" });
  });

  it("binds height and width by imageSize", async () => {
    const { kernel, bias } = await meanClassifier(dataset.splits.train, { ...grey, height: 14, width: 14 }, 10);
    const model = await writeModel("free.onnx", { shape: ["N", 1, "height", "width"], kernel, bias });
    expect((await label(`{ use: onnx, model: ${model}, imageSize: 14 }`)).error).toBeUndefined();
    await expect(label(`{ use: onnx, model: ${model} }`)).rejects.toMatchObject({
      code: "KDF_TEACHER_SHAPE",
      message: expect.stringContaining("are free: [N, 1, height, width]"),
    });
  });
});
