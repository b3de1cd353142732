import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { tf } from "../unit/networks/build-network.ts";
import { openOnnx } from "./onnx-run.ts";

/** Answers one image by a file: numbers of each output by its name. */
export type OpenedExport = (
  pixels: Uint8Array,
  shape: readonly [number, number, number, number],
) => Promise<Readonly<Record<string, Float32Array>>>;

/** Opens what an exporter left in a folder. */
export async function openedExport(format: "onnx" | "graph-model", directory: string): Promise<OpenedExport> {
  if (format === "onnx") {
    const run = await openOnnx(await readFile(join(directory, "model.onnx")));
    return async (pixels, shape) => {
      const results = Object.entries(await run(pixels, shape));
      return Object.fromEntries(results.map(([name, { data }]) => [name, data]));
    };
  }
  const json = JSON.parse(await readFile(join(directory, "model.json"), "utf8"));
  const weightData = Uint8Array.from(await readFile(join(directory, "weights.bin"))).buffer;
  const weightSpecs = json.weightsManifest.flatMap(({ weights }: { weights: object[] }) => weights);
  const model = await tf.loadGraphModel({ load: async () => ({ ...json, weightSpecs, weightData }) });
  const names = Object.keys(json.signature.outputs);
  return async (pixels, shape) => {
    const given = tf.tidy(() => [model.execute(tf.tensor(pixels, [...shape], "int32"), names)].flat());
    const entries = given.map((tensor, place) => [names[place] ?? "", Float32Array.from(tensor.dataSync())] as const);
    for (const tensor of given) tensor.dispose();
    return Object.fromEntries(entries);
  };
}
