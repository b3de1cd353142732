import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readModelArtifacts } from "../../../core/tensors/layers-model-files.ts";

test("a weight of NaN is named where the model is read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-nan-"));
  try {
    const weights = [
      { name: "dense/kernel", shape: [2], dtype: "float32" },
      { name: "dense/bias", shape: [1], dtype: "float32" },
    ];
    const model = {
      format: "graph-model",
      modelTopology: { node: [{ name: "x", op: "Const" }] },
      weightsManifest: [{ paths: ["weights.bin"], weights }],
    };
    await writeFile(join(folder, "model.json"), JSON.stringify(model));
    await writeFile(join(folder, "weights.bin"), new Uint8Array(new Float32Array([1, 2, 3]).buffer));
    expect((await readModelArtifacts(folder)).artifacts.weightSpecs).toHaveLength(2);
    await writeFile(join(folder, "weights.bin"), new Uint8Array(new Float32Array([1, 2, Number.NaN]).buffer));
    await expect(readModelArtifacts(folder)).rejects.toMatchObject({
      code: "KDF_INPUT_FORMAT",
      message: `weight "dense/bias" in "${folder}" has NaN`,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
