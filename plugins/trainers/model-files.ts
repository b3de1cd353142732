import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  countMultiplyAdds,
  countParameters,
  type ImageSize,
  layersModelFiles,
  loadLayersModel,
  type Model,
  type ModelDescription,
  type Predictor,
  type Tf,
} from "../../core/index.ts";
import type { TrainedNetwork } from "./training-loop.ts";

/** Samples per forward pass when a model labels pixels. */
const predictBatch = 256;

/** Writes a trained network as stock layers-model files with `description.json` beside them. */
export async function writeModel(
  directory: string,
  trained: TrainedNetwork,
  classNames: readonly string[],
  inputSize: ImageSize,
): Promise<void> {
  const { model } = trained.built;
  const files = await layersModelFiles(model);
  const sizeBytes = Object.values(files).reduce((sum, bytes) => sum + bytes.byteLength, 0);
  const { trainable, all } = countParameters(model);
  const description: ModelDescription = {
    classNames,
    inputSize,
    outputKind: "softmax-logits",
    trainableParameters: trainable,
    parameters: all,
    multiplyAdds: countMultiplyAdds(model),
    sizeBytes,
    ...(trained.best === undefined ? {} : { best: trained.best }),
    history: trained.history,
  };
  await mkdir(directory, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes);
  await writeFile(join(directory, "description.json"), `${JSON.stringify(description, null, 2)}\n`);
}

/** Opens a folder that {@link writeModel} wrote; weights are read only by `load`. */
export async function openModel(directory: string, digest: string): Promise<Model> {
  const description = JSON.parse(await readFile(join(directory, "description.json"), "utf8")) as ModelDescription;
  await stat(join(directory, "model.json"));
  return { description, digest, directory, load: (tf) => loadPredictor(tf, directory, description) };
}

async function loadPredictor(tf: Tf, directory: string, { inputSize }: ModelDescription): Promise<Predictor> {
  const model = await loadLayersModel(tf, directory);
  const { height, width, channels } = inputSize;
  const pixelCount = height * width * channels;
  const forward = async (pixels: Uint8Array, count: number): Promise<Float32Array> => {
    const logits = tf.tidy(() => {
      const input = tf.tensor4d(Float32Array.from(pixels), [count, height, width, channels]);
      // not `predict`, which cuts the batch into pieces of 32
      return model.apply(input) as ReturnType<typeof tf.tensor>;
    });
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    return values;
  };
  return {
    async predict(pixels, count) {
      const parts: Float32Array[] = [];
      for (let start = 0; start < count; start += predictBatch) {
        const some = Math.min(predictBatch, count - start);
        parts.push(await forward(pixels.subarray(start * pixelCount, (start + some) * pixelCount), some));
      }
      return concatenate(parts);
    },
    dispose: () => model.dispose(),
  };
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
