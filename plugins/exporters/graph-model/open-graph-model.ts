import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GraphModel, io, Tensor } from "@tensorflow/tfjs";
import type { Answers, ImageSize, StageContext } from "../../../core/index.ts";

export interface OpenedGraphModel {
  /** Outputs by name. */
  answer(pixels: Uint8Array, count: number): Promise<Answers>;
  /** Values of inner nodes too. Caller disposes. */
  nodes(pixels: Uint8Array, count: number, names: readonly string[]): readonly Tensor[];
  close(): void;
}

/** Loads a graph model from the files that were written. */
export async function openGraphModel(
  directory: string,
  { height, width, channels }: ImageSize,
  outputNames: readonly string[],
  { tf }: Pick<StageContext, "tf">,
): Promise<OpenedGraphModel> {
  const { weightsManifest, ...json } = JSON.parse(
    await readFile(join(directory, "model.json"), "utf8"),
  ) as io.ModelJSON;
  const weightData = Uint8Array.from(await readFile(join(directory, "weights.bin"))).buffer;
  const artifacts: io.ModelArtifacts = {
    ...json,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData,
  };
  const model: GraphModel = await tf.loadGraphModel({ load: async () => artifacts });
  const nodes = (pixels: Uint8Array, count: number, names: readonly string[]): readonly Tensor[] =>
    tf.tidy(() => [model.execute(tf.tensor(pixels, [count, height, width, channels], "int32"), [...names])].flat());
  return {
    nodes,
    async answer(pixels, count) {
      const tensors = nodes(pixels, count, outputNames);
      const values = await Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
      for (const tensor of tensors) tensor.dispose();
      return Object.fromEntries(outputNames.map((name, place) => [name, values[place] ?? new Float32Array()]));
    },
    close: () => model.dispose(),
  };
}
