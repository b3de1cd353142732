import { copyFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Exported,
  type ImageSize,
  KdflowError,
  loadLayersModel,
  type Model,
  type PortValues,
  type Predictor,
  type StageContext,
  type Tf,
} from "../../core/index.ts";
import { bestModel } from "./best-model.ts";
import { assertParity, parityPixels } from "./parity.ts";

const modelFiles = ["model.json", "weights.bin"] as const;

/** The copy as its users load it, with nothing but the layers model. */
async function loadCopy(tf: Tf, directory: string, { height, width, channels }: ImageSize): Promise<Predictor> {
  const model = await loadLayersModel(tf, directory);
  return {
    async predict(pixels, count) {
      const logits = tf.tidy(() => {
        const output = model.predict(tf.tensor(Float32Array.from(pixels), [count, height, width, channels]));
        if (!Array.isArray(output)) return output;
        throw new KdflowError("KDF_INTERNAL", `an exported classifier has ${output.length} outputs`);
      });
      const values = await logits.data();
      logits.dispose();
      return Float32Array.from(values);
    },
    dispose: () => model.dispose(),
  };
}

/** What a reader of the folder needs to use the model; no times, hosts or paths. */
function report({ description }: Model, files: Exported["files"], parity: number): string {
  const { classNames, inputSize, outputKind, parameters, multiplyAdds, best } = description;
  const input = { ...inputSize, layout: "NHWC", pixels: "0…255", normalization: "inside the model" };
  const content = { format: "tfjs-layers-model", input, output: outputKind, classNames, parameters, multiplyAdds };
  return `${JSON.stringify({ ...content, ...(best === undefined ? {} : { best }), files, parity }, null, 2)}\n`;
}

/**
 * Copies the stock files of the best model, and holds the copy's logits against the trained model's.
 *
 * @param reportFile name of the report that is written beside the copy
 */
export async function copyLayersModel(inputs: PortValues, reportFile: string, context: StageContext): Promise<void> {
  const model = bestModel([inputs["model"] ?? []].flat() as Model[]);
  if (model === undefined) throw new KdflowError("KDF_INTERNAL", "there is no model to export");
  const files: { path: string; bytes: number }[] = [];
  for (const path of modelFiles) {
    context.signal.throwIfAborted();
    const target = join(context.outputDir, path);
    await copyFile(join(model.directory, path), target);
    files.push({ path, bytes: (await stat(target)).size });
  }
  const { inputSize } = model.description;
  const loaded: Predictor[] = [];
  try {
    const copy = await loadCopy(context.tf, context.outputDir, inputSize);
    loaded.push(copy);
    const trained = await model.load(context.backend, context.log);
    loaded.push(trained);
    context.signal.throwIfAborted();
    const parity = await assertParity(copy, trained, parityPixels(inputSize, context.rng("export.parity")));
    await writeFile(join(context.outputDir, reportFile), report(model, files, parity));
  } finally {
    for (const predictor of loaded) predictor.dispose();
  }
}
