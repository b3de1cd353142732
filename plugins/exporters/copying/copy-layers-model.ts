import { copyFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Exported,
  KdflowError,
  loadLayersModel,
  type Model,
  type ModelDescription,
  type PortValues,
  type Predictor,
  type StageContext,
  type Tf,
} from "../../../core/index.ts";
import { bestModel } from "./best-model.ts";
import { assertParity, parityPixels } from "./parity.ts";

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

/** What a reader of the folder needs to use the model; no times, hosts or paths. */
function report({ description }: Model, files: Exported["files"], parity: number): string {
  const { task, classNames, imageSize, outputs, parameters, multiplyAdds, best } = description;
  const input = { ...imageSize, layout: "NHWC", pixels: "0…255", normalization: "inside the model" };
  const content = { format: "tfjs-layers-model", task, input, outputs, classNames, parameters, multiplyAdds };
  return `${JSON.stringify({ ...content, ...(best === undefined ? {} : { best }), files, parity }, null, 2)}\n`;
}

/**
 * Copies the stock files of the best model, and holds the copy's logits against the trained model's.
 *
 * @param reportFile name of the report that is written beside the copy
 */
export async function copyLayersModel(inputs: PortValues, reportFile: string, context: StageContext): Promise<void> {
  const model = bestModel([inputs["model"] ?? []].flat() as Model[], context.task);
  if (model === undefined) throw new KdflowError("KDF_INTERNAL", "there is no model to export");
  const files: { path: string; bytes: number }[] = [];
  for (const path of modelFiles) {
    context.signal.throwIfAborted();
    const target = join(context.outputDir, path);
    await copyFile(join(model.directory, path), target);
    files.push({ path, bytes: (await stat(target)).size });
  }
  const { imageSize } = model.description;
  const loaded: Predictor[] = [];
  try {
    const copy = await loadCopy(context.tf, context.outputDir, model.description);
    loaded.push(copy);
    const trained = await model.load(context.backend, context.log);
    loaded.push(trained);
    context.signal.throwIfAborted();
    const parity = await assertParity(copy, trained, parityPixels(imageSize, context.rng("export.parity")));
    await writeFile(join(context.outputDir, reportFile), report(model, files, parity));
  } finally {
    for (const predictor of loaded) predictor.dispose();
  }
}
