import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageSize } from "../../core/index.ts";

/** A linear classifier as a graph, as the converter writes one: reshape, product, sum; its weights in two files. */
export async function writeGraphModel(
  directory: string,
  { kernel, bias }: { readonly kernel: Float32Array; readonly bias: Float32Array },
  { height, width, channels }: ImageSize,
): Promise<void> {
  const features = height * width * channels;
  const classes = bias.length;
  const shape = (...sizes: number[]) => ({ dim: sizes.map((each) => ({ size: String(each) })) });
  const constant = (of: string, dtype: string, ...sizes: number[]) => ({
    name: of,
    op: "Const",
    attr: { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: shape(...sizes) } } },
  });
  const float = { T: { type: "DT_FLOAT" } };
  const json = {
    format: "graph-model",
    signature: {
      inputs: { images: { name: "images:0", dtype: "DT_FLOAT", tensorShape: shape(-1, height, width, channels) } },
      outputs: { scores: { name: "scores:0", dtype: "DT_FLOAT", tensorShape: shape(-1, classes) } },
    },
    modelTopology: {
      node: [
        {
          name: "images",
          op: "Placeholder",
          attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: shape(-1, height, width, channels) } },
        },
        constant("flat/shape", "DT_INT32", 2),
        constant("kernel", "DT_FLOAT", features, classes),
        constant("bias", "DT_FLOAT", classes),
        {
          name: "flat",
          op: "Reshape",
          input: ["images", "flat/shape"],
          attr: { ...float, Tshape: { type: "DT_INT32" } },
        },
        {
          name: "product",
          op: "MatMul",
          input: ["flat", "kernel"],
          attr: { ...float, transpose_a: { b: false }, transpose_b: { b: false } },
        },
        { name: "scores", op: "AddV2", input: ["product", "bias"], attr: float },
      ],
      versions: { producer: 1 },
    },
    weightsManifest: [
      {
        paths: ["group1-shard1of2.bin", "group1-shard2of2.bin"],
        weights: [
          { name: "flat/shape", shape: [2], dtype: "int32" },
          { name: "kernel", shape: [features, classes], dtype: "float32" },
          { name: "bias", shape: [classes], dtype: "float32" },
        ],
      },
    ],
  };
  const weights = Buffer.concat(
    [Int32Array.of(-1, features), kernel, bias].map(({ buffer }) => Buffer.from(buffer as ArrayBuffer)),
  );
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "model.json"), JSON.stringify(json));
  await writeFile(join(directory, "group1-shard1of2.bin"), weights.subarray(0, 40_000));
  await writeFile(join(directory, "group1-shard2of2.bin"), weights.subarray(40_000));
}
