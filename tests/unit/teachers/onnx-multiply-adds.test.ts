import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { convolutionsOf, countMultiplyAdds } from "../../../plugins/teachers/onnx/multiply-adds.ts";
import { findOnnxRuntime } from "../../../plugins/teachers/onnx/onnx-runtime.ts";
import { openOnnxSession } from "../../../plugins/teachers/onnx/onnx-session.ts";
import { type Node, type OnnxGraph, onnxBytes } from "../../support/onnx-model.ts";

const runtime = await findOnnxRuntime();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-cost-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const weight = (name: string, shape: readonly number[]) => ({
  name,
  shape,
  values: new Float32Array(shape.reduce((product, side) => product * side, 1)),
});
const convolution = (input: string, weights: string, output: string): Node => ({
  op: "Conv",
  inputs: [input, weights],
  outputs: [output],
});
const graph: OnnxGraph = {
  inputs: [{ name: "images", shape: [1, 3, 8, 6] }],
  outputs: [{ name: "last", shape: [1, 5, 4, 2] }],
  nodes: [
    convolution("images", "first", "inner"),
    { op: "Relu", inputs: ["inner"], outputs: ["rectified"] },
    convolution("rectified", "second", "last"),
  ],
  weights: [weight("first", [4, 3, 3, 3]), weight("second", [5, 4, 3, 3])],
};

it.skipIf(runtime === undefined)(
  "counts a multiply-add for each weight of a filter and each number it gives",
  async () => {
    const bytes = onnxBytes(graph);
    const convolutions = convolutionsOf(bytes) ?? [];
    expect(convolutions).toEqual([
      { output: "inner", perFilter: 27 },
      { output: "last", perFilter: 36 },
    ]);
    const model = join(folder, "model.onnx");
    await writeFile(model, bytes);
    const session = await openOnnxSession({
      runtime: runtime?.folder ?? "",
      model,
      input: { name: "images", type: "float32", size: [8, 6, 3], batch: 1 },
      output: "last",
      innerTensors: ["inner"],
    });
    const size = { height: 8, width: 6, channels: 3 };
    const input = { layout: "nchw", eitherLayout: false, size, batch: 1 } as const;
    try {
      // 4 filters on 6 × 4 places, 5 on 4 × 2
      expect(await countMultiplyAdds(session, convolutions, input)).toBe(27 * 4 * 6 * 4 + 36 * 5 * 4 * 2);
    } finally {
      session.close();
    }
  },
);

it("does not count where other operators multiply too, or weights are computed", () => {
  const more: Node = { op: "MatMul", inputs: ["last", "last"], outputs: ["product"] };
  expect(convolutionsOf(onnxBytes({ ...graph, nodes: [...graph.nodes, more] }))).toBeUndefined();
  expect(convolutionsOf(onnxBytes({ ...graph, weights: graph.weights.slice(1) }))).toBeUndefined();
});
