import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { countedTensors, countMultiplyAdds, productsOf } from "../../../plugins/teachers/onnx/multiply-adds.ts";
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

/** Maps of two convolutions as factors of each other, then of weights, then all of it as one row. */
const products: OnnxGraph = {
  inputs: [{ name: "images", shape: [1, 3, 8, 6] }],
  outputs: [{ name: "scores", shape: [1, 10] }],
  nodes: [
    convolution("images", "first", "queries"),
    convolution("images", "third", "keys"),
    { op: "MatMul", inputs: ["queries", "keys"], outputs: ["attention"] },
    { op: "MatMul", inputs: ["attention", "columns"], outputs: ["mixed"] },
    { op: "Flatten", inputs: ["mixed"], outputs: ["flat"], attributes: { axis: 1 } },
    { op: "Gemm", inputs: ["flat", "dense"], outputs: ["scores"], attributes: { transB: 1 } },
  ],
  weights: [
    weight("first", [4, 3, 3, 3]),
    weight("third", [4, 3, 5, 2]),
    weight("columns", [5, 7]),
    weight("dense", [10, 168]),
  ],
};

async function counted(graph: OnnxGraph, size: { height: number; width: number }): Promise<number> {
  const found = productsOf(onnxBytes(graph)) ?? [];
  const model = join(folder, "model.onnx");
  await writeFile(model, onnxBytes(graph));
  const output = graph.outputs[0]?.name ?? "";
  const session = await openOnnxSession({
    runtime: runtime?.folder ?? "",
    model,
    input: { name: "images", type: "float32", size: [size.height, size.width, 3], batch: 1 },
    output,
    innerTensors: countedTensors(found).filter((tensor) => tensor !== output),
  });
  try {
    return await countMultiplyAdds(session, found, {
      layout: "nchw",
      eitherLayout: false,
      size: { ...size, channels: 3 },
      batch: 1,
    });
  } finally {
    session.close();
  }
}

it.skipIf(runtime === undefined)(
  "counts a multiply-add for each weight of a filter and each number it gives",
  async () => {
    expect(productsOf(onnxBytes(graph))).toEqual([
      { output: "inner", terms: 27 },
      { output: "last", terms: 36 },
    ]);
    // 4 filters on 6 × 4 places, 5 on 4 × 2
    expect(await counted(graph, { height: 8, width: 6 })).toBe(27 * 4 * 6 * 4 + 36 * 5 * 4 * 2);
  },
);

it.skipIf(runtime === undefined)("counts products of matrices, of two maps as of a map and weights", async () => {
  expect(productsOf(onnxBytes(products))).toEqual([
    { output: "queries", terms: 27 },
    { output: "keys", terms: 30 },
    { output: "attention", terms: { tensor: "queries", fromEnd: 1 } },
    { output: "mixed", terms: 5 },
    { output: "scores", terms: 168 },
  ]);
  // [4, 6, 4] by [4, 4, 5], [4, 6, 5] by [5, 7], [168] by [168, 10]
  const matrices = 4 * (4 * 6 * 5) + 5 * (4 * 6 * 7) + 168 * 10;
  const convolutions = 27 * (4 * 6 * 4) + 30 * (4 * 4 * 5);
  expect(await counted(products, { height: 8, width: 6 })).toBe(convolutions + matrices);
});

it("does not count where other operators multiply too, or filters are computed", () => {
  const other = (op: string): Node => ({ op, inputs: ["last", "last"], outputs: ["product"] });
  for (const op of ["Einsum", "MatMulInteger", "ConvTranspose", "FusedMatMul", "MultiHeadAttention"]) {
    expect(productsOf(onnxBytes({ ...graph, nodes: [...graph.nodes, other(op)] }))).toBeUndefined();
  }
  expect(productsOf(onnxBytes({ ...graph, nodes: [...graph.nodes, other("MatMul")] }))).toHaveLength(3);
  expect(productsOf(onnxBytes({ ...graph, weights: graph.weights.slice(1) }))).toBeUndefined();
});
