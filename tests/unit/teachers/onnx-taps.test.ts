import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KdflowError, Teacher } from "../../../core/index.ts";
import { openSession, type Session } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import type { TeacherOnnxOptions } from "../../../plugins/options.ts";
import { readTeacherFile } from "../../../plugins/teachers/asking/file-teacher.ts";
import { openOnnxTeacher } from "../../../plugins/teachers/onnx/onnx-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { type OnnxGraph, onnxBytes } from "../../support/onnx-model.ts";
import { runPipeline } from "../../support/pipeline-run.ts";

const side = 28;
const pixelCount = side * side;
const classes = 10;

/** Two feature maps, 2·p and 10·p + 5 of pixel p; class c scores the sum of the c-th row of the first one. */
const kernel = Float32Array.from({ length: 2 * pixelCount * classes }, (_, at) => {
  const feature = Math.floor(at / classes);
  return feature < pixelCount && Math.floor(feature / side) === at % classes ? 1 : 0;
});

function graph(weightFile?: string): OnnxGraph {
  return {
    inputs: [{ name: "pixels", shape: ["N", 1, side, side] }],
    outputs: [{ name: "scores", shape: ["N", classes] }],
    nodes: [
      { op: "Conv", name: "stage1/conv", inputs: ["pixels", "filters", "offsets"], outputs: ["maps"] },
      { op: "Flatten", inputs: ["maps"], outputs: ["flat"], attributes: { axis: 1 } },
      { op: "Shape", inputs: ["maps"], outputs: ["sizes"] },
      { op: "Gemm", inputs: ["flat", "kernel"], outputs: ["scores"] },
    ],
    weights: [
      { name: "filters", shape: [2, 1, 1, 1], values: Float32Array.of(2, 10) },
      { name: "offsets", shape: [2], values: Float32Array.of(0, 5) },
      {
        name: "kernel",
        shape: [2 * pixelCount, classes],
        values: kernel,
        ...(weightFile === undefined ? {} : { file: weightFile }),
      },
    ],
  };
}

let folder: string;
let runs = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-onnx-taps-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 20, test: 10 });
  await writeFile(join(folder, "model.onnx"), onnxBytes(graph()));
  await writeFile(join(folder, "kernel.bin"), new Uint8Array(kernel.buffer));
  await writeFile(join(folder, "apart.onnx"), onnxBytes(graph("kernel.bin")));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A pipeline with a teacher of these options; `what` to do with it. */
async function session(options: string, notes: string[] = []) {
  const file = join(folder, `pipeline-${++runs}.yaml`);
  await writeFile(
    file,
    `kdflow: 1
stages:
  data: { use: mnist, root: ./mnist, validation: 0.5 }
  teacher: { use: onnx, ${options} }
`,
  );
  return openSession({
    file,
    storeDir: join(folder, ".kdflow"),
    builtins: [builtins],
    observe: (hooks) => {
      hooks.log.tap("test", ({ data }) => {
        if (typeof data["message"] === "string") notes.push(data["message"]);
      });
    },
  });
}

/** Runs the teacher's stage and opens what it stored. */
async function teacherOf(options: string, given: Partial<TeacherOnnxOptions>, notes: string[] = []): Promise<Teacher> {
  const opened = await session(options, notes);
  expect((await opened.run()).error).toBeUndefined();
  const all = { normalize: "none", channelOrder: "rgb", output: "auto", model: "model.onnx", ...given } as const;
  const context = { baseDir: folder } as Parameters<typeof openOnnxTeacher>[2];
  return openOnnxTeacher(await artifactOf(opened), all, context);
}

/** The folder of the teacher's stored artifact. */
async function artifactOf(opened: Session): Promise<string> {
  const { stages } = await opened.plan();
  return join(folder, ".kdflow/store", stages.find(({ stage }) => stage === "teacher")?.key ?? "");
}

/** 40 images, more than one call holds. */
const count = 40;
const pixels = Uint8Array.from({ length: count * pixelCount }, (_, at) => (at * 7) % 251);
const maps = [...pixels].flatMap((pixel) => [2 * pixel, 10 * pixel + 5]);

describe("taps of a teacher in an ONNX file", () => {
  it.each([
    ["a tensor", "model.onnx", "maps"],
    ["a node", "model.onnx", "stage1/conv"],
    ["a tensor of a model whose weights lie beside it", "apart.onnx", "maps"],
  ])("give %s as feature maps, channels last, with the logits of a teacher without taps", async (_, model, tensor) => {
    const notes: string[] = [];
    const options = `model: ./${model}, normalize: none`;
    const plain = await teacherOf(options, { model });
    const tapped = await teacherOf(
      `${options}, taps: { p1: ${tensor}, flat: flat }`,
      { model, taps: { p1: tensor, flat: "flat" } },
      notes,
    );
    expect(notes).toContain('the tap p1 ("maps") gives feature maps of 28×28×2');
    expect(notes).toContain('the tap flat ("flat") gives features of 1568');
    expect(tapped.taps).toMatchObject({ p1: { shape: [side, side, 2] }, flat: { shape: [2 * pixelCount] } });
    expect(tapped.digest).toBe(plain.digest);
    const answers = await tapped.predict(pixels, count, ["logits", "p1"]);
    const { logits } = answers;
    expect(Object.keys(answers)).toEqual(["logits", "p1"]);
    expect([...(answers["p1"] ?? [])]).toEqual(maps);
    expect({ logits }).toEqual(await plain.predict(pixels, count));
    expect(await tapped.predict(pixels, count)).toEqual(await plain.predict(pixels, count));
    const row = pixels.subarray(pixelCount + 3 * side, pixelCount + 4 * side);
    expect(logits?.[classes + 3]).toBe(2 * row.reduce((sum, pixel) => sum + pixel, 0));
    plain.dispose();
    tapped.dispose();
  });

  it("keep the order of tensors that are channels last already", async () => {
    const taps = { p1: { tensor: "maps", layout: "nhwc" } } as const;
    const teacher = await teacherOf(
      "model: ./model.onnx, normalize: none, taps: { p1: { tensor: maps, layout: nhwc } }",
      { taps },
    );
    expect(teacher.taps?.["p1"]?.shape).toEqual([2, side, side]);
    const found = await teacher.predict(pixels, 1, ["p1"]);
    const first = [...pixels.subarray(0, pixelCount)];
    expect([...(found["p1"] ?? [])]).toEqual([...first.map((p) => 2 * p), ...first.map((p) => 10 * p + 5)]);
    await expect(teacher.predict(pixels, 1, ["p2"])).rejects.toMatchObject({ code: "KDF_PLAN_OPTIONS" });
    teacher.dispose();
  });

  it("label nothing anew where they change", async () => {
    const store = join(folder, ".kdflow/store");
    const labelled = async (taps: string): Promise<readonly string[]> => {
      const stages = [
        "data: { use: mnist, root: ./mnist, validation: 0.5 }",
        `teacher: { use: onnx, model: ./model.onnx, normalize: none, taps: ${taps} }`,
        "softLabels: { use: logits, shardSize: 4 }",
      ];
      const { made, outcome } = await runPipeline(folder, `  ${stages.join("\n  ")}\n`);
      expect(outcome.error).toBeUndefined();
      return JSON.parse(await readFile(join(made["softLabels"] ?? "", "references.json"), "utf8"));
    };
    const shards = await labelled("{ before: maps }");
    expect(shards.length).toBeGreaterThan(1);
    const before = await readdir(store);
    expect(await labelled("{ after: flat }")).toEqual(shards);
    const added = (await readdir(store)).filter((key) => !before.includes(key));
    const files = await Promise.all(added.map((key) => readdir(join(store, key))));
    expect(files.flat()).toEqual(expect.arrayContaining(["teacher.json", "soft-labels.json"]));
    expect(files.flat()).not.toContain("labels.arrow");
  });

  it("are kept in the artifact and leave the teacher's digest as it is", async () => {
    const teacher = await teacherOf("model: ./model.onnx, normalize: none, taps: { one: maps }", {
      taps: { one: "maps" },
    });
    const plain = await teacherOf("model: ./model.onnx, normalize: none", {});
    expect(plain.taps).toBeUndefined();
    expect(teacher.digest).toBe(plain.digest);
    teacher.dispose();
    plain.dispose();
    const stored = await artifactOf(await session("model: ./model.onnx, normalize: none, taps: { one: maps }"));
    const { taps } = await readTeacherFile(stored);
    expect(taps).toEqual({
      one: { kind: "features", tensor: "maps", layout: "nchw", shape: [side, side, 2], stride: 1 },
    });
  });

  it("are refused while planning at their line, with the nearest names", async () => {
    const opened = await session("model: ./model.onnx, taps: { p1: map }");
    await expect(opened.check()).rejects.toMatchObject({
      code: "KDF_PLAN_OPTIONS",
      message: expect.stringContaining('the tap "p1" names "map", which'),
      hint: [expect.stringContaining('(did you mean "maps"?)')],
      where: { line: 4, text: expect.stringContaining("taps: { p1: map }") },
    });
  });

  it("are refused where the tensor is no batch of numbers", async () => {
    const outcome = await (await session("model: ./model.onnx, taps: { sizes: sizes }")).run();
    expect(outcome.error).toMatchObject({
      code: "KDF_TEACHER_RUNTIME",
      message: expect.stringContaining('"sizes" is of type int64'),
      where: { line: 4, text: expect.stringContaining("taps: { sizes: sizes }") },
    });
    const bare = { ...graph(), nodes: [...graph().nodes, { op: "Identity", inputs: ["offsets"], outputs: ["fixed"] }] };
    await writeFile(join(folder, "fixed.onnx"), onnxBytes(bare));
    const fixed = await (await session("model: ./fixed.onnx, taps: { maps: maps, a/b~c: fixed }")).run();
    expect(fixed.error).toMatchObject({
      code: "KDF_TEACHER_SHAPE",
      message: expect.stringContaining('the tap "a/b~c", "fixed" of'),
      where: { line: 4, column: expect.any(Number), text: expect.stringContaining("a/b~c: fixed") },
    });
    const { column = 0, text = "" } = (fixed.error as KdflowError).where ?? {};
    expect(text.slice(column - 1)).toMatch(/^a\/b~c: fixed/);
    expect((await readFile(join(folder, "fixed.onnx"))).length).toBe(onnxBytes(bare).length);
  });
});
