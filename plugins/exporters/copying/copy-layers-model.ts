import { copyFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  loadLayersModel,
  type ModelDescription,
  type Predictor,
  type StageContext,
  type Tf,
} from "../../../core/index.ts";
import { runLayersModel } from "../documents/how-to-run.ts";
import { modelFacts } from "../documents/model-facts.ts";
import type { ExportSubject, WrittenExport } from "./model-exporter.ts";
import { assertParity, PARITY_IMAGES, parityPixels } from "./parity.ts";

const modelFiles = ["model.json", "weights.bin"] as const;

/** The copy as its users load it, with nothing but the layers model. */
async function loadCopy(
  tf: Tf,
  directory: string,
  { imageSize: { height, width, channels }, outputs }: Pick<ModelDescription, "imageSize" | "outputs">,
): Promise<Predictor> {
  const model = await loadLayersModel(tf, directory);
  return {
    outputs,
    async predict(pixels, count) {
      const given = tf.tidy(() => {
        return [model.predict(tf.tensor(Float32Array.from(pixels), [count, height, width, channels]))].flat();
      });
      const values = await Promise.all(given.map((tensor) => tensor.data()));
      for (const tensor of given) tensor.dispose();
      return Object.fromEntries(
        Object.keys(outputs).map((name, place) => [name, Float32Array.from(values[place] ?? [])]),
      );
    },
    dispose: () => model.dispose(),
  };
}

/** Copies the stock files of a model, and holds the copy's answers against the model's, on noise. */
export async function copyLayersModel({ chosen }: ExportSubject, context: StageContext): Promise<WrittenExport> {
  const files: { path: string; bytes: number }[] = [];
  for (const path of modelFiles) {
    context.signal.throwIfAborted();
    const target = join(context.outputDir, path);
    await copyFile(join(chosen.directory, path), target);
    files.push({ path, bytes: (await stat(target)).size });
  }
  const { task, imageSize } = chosen.description;
  const input = { ...imageSize, layout: "NHWC", pixels: "0…255", normalization: "inside the model" };
  const loaded: Predictor[] = [];
  try {
    const copy = await loadCopy(context.tf, context.outputDir, chosen.description);
    loaded.push(copy);
    const trained = await chosen.load(context.backend, context.log);
    loaded.push(trained);
    context.signal.throwIfAborted();
    return {
      report: { format: "tfjs-layers-model", task, input, ...modelFacts(chosen) },
      files,
      takes: `float32 [batch, ${imageSize.height}, ${imageSize.width}, ${imageSize.channels}], 0…255; scaling is inside`,
      howToRun: runLayersModel({ chosen }),
      parity: await assertParity(copy, trained, parityPixels(imageSize, context.rng("export.parity"))),
      images: { count: PARITY_IMAGES, source: "noise" },
      scores: undefined,
    };
  } finally {
    for (const predictor of loaded) predictor.dispose();
  }
}
