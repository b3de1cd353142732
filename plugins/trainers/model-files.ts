import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs";
import {
  type Backend,
  countMultiplyAdds,
  countParameters,
  type ImageSize,
  type Log,
  layersModelFiles,
  loadLayersModel,
  type Model,
  type ModelDescription,
  type Predictor,
} from "../../core/index.ts";
import { writeAdapters } from "./adapter-files.ts";
import type { TrainedNetwork } from "./training-loop.ts";

/** Samples per forward pass when a model labels pixels: many, a few, and one, whose latency is measured. */
const batchSizes = [256, 32, 1];

/**
 * Writes a trained network as stock layers-model files with `description.json` beside them, and the loss terms' own
 * layers, where there are any, as files of their own: they are no part of the network.
 */
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
  await writeAdapters(directory, trained.lossParts);
}

/** Opens a folder that {@link writeModel} wrote; weights are read only by `load`. */
export async function openModel(directory: string, digest: string): Promise<Model> {
  const description = JSON.parse(await readFile(join(directory, "description.json"), "utf8")) as ModelDescription;
  await stat(join(directory, "model.json"));
  return {
    description,
    digest,
    directory,
    load: (backend, log) => loadPredictor(backend, log, directory, description),
  };
}

async function loadPredictor(
  backend: Backend,
  log: Log,
  directory: string,
  { inputSize }: ModelDescription,
): Promise<Predictor> {
  const { tf } = backend;
  const model = await loadLayersModel(tf, directory);
  const { height, width, channels } = inputSize;
  const forward = backend.createForward({
    inputs: { pixels: { shape: [height, width, channels], dtype: "uint8" } },
    batchSizes,
    // not `predict`, which cuts the batch into pieces of 32
    forward: ({ pixels }) => ({ logits: model.apply(tf.cast(pixels as Tensor, "float32")) as Tensor }),
    onEager(reason) {
      const message = `the model's forward pass is not captured and runs operation by operation: ${reason}`;
      log.warn("notCaptured", { message });
    },
  });
  return {
    async predict(pixels, count) {
      const { logits } = await forward.run({ pixels }, count);
      return logits ?? new Float32Array();
    },
    dispose() {
      forward.dispose();
      model.dispose();
    },
  };
}
