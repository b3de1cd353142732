/** ONNX detectors with suppression in their graph, in the layouts that their toolkits export. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Metrics } from "../../../core/index.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { metadataClasses } from "../../../plugins/teachers/onnx/metadata-classes.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { type Node, type OnnxGraph, onnxBytes, type Value, type Weight } from "../../support/onnx-model.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-finished-"));
  await writeBoxPhotos(join(folder, "set"), 20);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const side = 64;
/** The box that every photo has, as shares of its sides; its class is ship. */
const ship = [0.1, 0.15, 0.5, 0.65];
const shipPixels = ship.map((share) => share * side);

const images = (batch: number | string = 1): Value => ({ name: "images", shape: [batch, 3, side, side] });
const table = (name: string, shape: readonly number[], values: readonly number[]): Weight => {
  const all = new Float32Array(shape.reduce((product, each) => product * each, 1));
  all.set(values);
  return { name, shape, values: all };
};
const copied = (weight: string, output: string): Node => ({ op: "Identity", inputs: [weight], outputs: [output] });
const cast = (weight: string, output: string, to: number): Node => ({
  op: "Cast",
  inputs: [weight],
  outputs: [output],
  attributes: { to },
});

const slots: OnnxGraph = {
  inputs: [images()],
  outputs: [{ name: "output0", shape: [1, 300, 6] }],
  nodes: [copied("table", "output0")],
  weights: [table("table", [1, 300, 6], [...shipPixels, 0.9, 0])],
  metadata: { names: "{0: 'ship', 1: 'tree'}", stride: "32" },
};
const counted: OnnxGraph = {
  inputs: [images()],
  outputs: [
    { name: "num_dets", type: "int32", shape: [1, 1] },
    { name: "det_boxes", shape: [1, 100, 4] },
    { name: "det_scores", shape: [1, 100] },
    { name: "det_classes", type: "int32", shape: [1, 100] },
  ],
  nodes: [
    cast("count", "num_dets", 6),
    copied("corners", "det_boxes"),
    copied("sure", "det_scores"),
    cast("kinds", "det_classes", 6),
  ],
  weights: [
    table("count", [1, 1], [1]),
    // the second lies behind the count
    table("corners", [1, 100, 4], [...shipPixels, 0, 0, 64, 64]),
    table("sure", [1, 100], [0.9, 0.95]),
    table("kinds", [1, 100], [0]),
  ],
};
/** Two images a call, each with a ship, and the first with a second box that is none. */
const listed: OnnxGraph = {
  inputs: [images(2)],
  outputs: [{ name: "output", shape: ["boxes", 7] }],
  nodes: [copied("table", "output")],
  weights: [table("table", [3, 7], [1, ...shipPixels, 0, 0.9, 0, 0, 0, 64, 64, 1, 0.01, 0, ...shipPixels, 0, 0.9])],
};
/** Boxes in pixels of the photo whose size the second input tells. */
const finishedDetr: OnnxGraph = {
  inputs: [images("N"), { name: "orig_target_sizes", type: "int64", shape: ["N", 2] }],
  outputs: [
    { name: "labels", type: "int64", shape: ["N", 2] },
    { name: "boxes", shape: ["N", 2, 4] },
    { name: "scores", shape: ["N", 2] },
  ],
  nodes: [
    cast("orig_target_sizes", "sizes", 1),
    { op: "Concat", inputs: ["sizes", "sizes"], outputs: ["twice"], attributes: { axis: 1 } },
    { op: "Unsqueeze", inputs: ["twice", "axis"], outputs: ["scale"] },
    { op: "Mul", inputs: ["shares", "scale"], outputs: ["boxes"] },
    // one row of zeros for each image
    { op: "Mul", inputs: ["sizes", "zero"], outputs: ["nothing"] },
    { op: "Add", inputs: ["nothing", "sure"], outputs: ["scores"] },
    cast("nothing", "labels", 7),
    cast("axisNumber", "axis", 7),
  ].sort((one, other) => Number(other.outputs[0] === "axis") - Number(one.outputs[0] === "axis")),
  weights: [
    table("shares", [1, 2, 4], [...ship, ...ship]),
    table("zero", [1], [0]),
    table("sure", [1, 2], [0.9, 0]),
    table("axisNumber", [1], [1]),
  ],
};

/** Runs stages on photos that all have a ship; some have a tree, which these detectors do not find. */
async function run(graph: OnnxGraph, teacher: string, more = "") {
  await writeFile(join(folder, "teacher.onnx"), onnxBytes(graph));
  const file = join(folder, "pipeline.yaml");
  await writeFile(
    file,
    `kdflow: 1\nname: finished\nstages:\n  data: { use: yolo, root: set, validation: 0.3, test: 0.3, imageSize: 32 }\n  teacher: { use: onnx, model: teacher.onnx, ${teacher} }\n  evaluate: { use: detection, latencyRuns: 0 }\n${more}`,
  );
  const said: string[] = [];
  const session = await openSession({
    file,
    builtins: [builtins],
    storeDir: join(folder, ".kdflow"),
    observe: (hooks) => {
      hooks.log.tap("test", ({ data }) => void said.push(String(data["message"] ?? "")));
      hooks.warning.tap("test", ({ message }) => void said.push(message));
    },
  });
  const { metrics, error } = await session.run();
  const [row] = (metrics as Readonly<Record<string, Metrics>>)["evaluate"]?.rows ?? [];
  return { error, said: said.join("\n"), AP: row?.metrics["AP"]?.mean, recall: row?.metrics["AR1"]?.mean };
}

describe("detectors with finished boxes", () => {
  it.each([
    ["nms-slots", slots, "fit: stretch"],
    ["nms-counted", counted, "fit: stretch"],
    ["nms-rows", listed, "fit: stretch"],
    ["detr-finished", finishedDetr, ""],
  ])("of the form %s are found by themselves, scored, and teach pseudo-labels", async (decoder, graph, options) => {
    const { error, said, AP } = await run(graph, options, "  softLabels: { use: detections }\n");
    expect(error).toBeUndefined();
    // every ship is found exactly, and no tree
    expect(AP).toBeCloseTo((1 + 0) / 2, 9);
    expect(said).toContain(`read as those of ${decoder}`);
    expect(said).toContain("pseudo-labels, one class and one score a box");
  });

  it("have the names that their file notes", async () => {
    const named = { ...slots, metadata: { names: "{0: 'tree', 1: 'ship'}" } };
    const { error } = await run(named, "fit: stretch");
    // what it calls a tree is none
    expect(error).toMatchObject({ code: "KDF_TEACHER_CHANCE" });
  });

  it("that find a class without a name are refused", async () => {
    const third = {
      ...slots,
      metadata: {},
      weights: [table("table", [1, 300, 6], [...shipPixels, 0.9, 2])],
    };
    const { error } = await run(third, "fit: stretch");
    expect(error).toMatchObject({
      code: "KDF_TEACHER_DECODER",
      message: "the detector finds class 2, and 2 have names",
    });
  });

  it("of TensorRT's operator are answered with an export that runs", async () => {
    const foreign = { ...slots, nodes: [{ ...copied("table", "output0"), op: "EfficientNMS_TRT", domain: "TRT" }] };
    const { error } = await run(foreign, "");
    expect(error).toMatchObject({
      code: "KDF_TEACHER_OPERATOR",
      hint: [expect.stringContaining("--end2end --max-wh 640")],
    });
  });
});

describe("names of classes beside a graph", () => {
  it.each([
    ["{0: 'person', 1: \"driver's cab\", 2: 'a\\'b'}", ["person", "driver's cab", "a'b"]],
    ["['cat', 'dog']", ["cat", "dog"]],
    ["{0: 'cat', 2: 'dog'}", undefined],
    ["nothing", undefined],
  ])("are read from %s", (names, wanted) => {
    expect(metadataClasses({ names })).toEqual(wanted);
  });
});
