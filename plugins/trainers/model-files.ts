import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Dataset,
  type ImageSize,
  layersModelFiles,
  loadPredictor,
  type Model,
  type ModelDescription,
  type Tf,
  writeTaps,
} from "../../core/index.ts";
import { countMultiplyAdds, countParameters } from "../networks/measures/multiply-adds.ts";
import { writeAdapters } from "./adapter-files.ts";
import type { TrainedNetwork } from "./training-loop.ts";

/**
 * Writes a trained network as stock layers-model files with `description.json` beside them, and the loss terms' own
 * layers, where there are any, as files of their own: they are no part of the network.
 */
export async function writeModel(
  tf: Tf,
  directory: string,
  trained: TrainedNetwork,
  { task, classNames }: Pick<Dataset, "task" | "classNames">,
  imageSize: ImageSize,
): Promise<void> {
  const { model } = trained.built;
  const files = await layersModelFiles(model);
  const sizeBytes = Object.values(files).reduce((sum, bytes) => sum + bytes.byteLength, 0);
  const { trainable, all } = countParameters(model);
  await mkdir(directory, { recursive: true });
  const taps = await writeTaps(tf, directory, trained.built, files["model.json"] ?? new Uint8Array());
  const description: ModelDescription = {
    task,
    classNames,
    imageSize,
    outputs: trained.built.outputs,
    taps,
    trainableParameters: trainable,
    parameters: all,
    multiplyAdds: countMultiplyAdds(model),
    sizeBytes,
    ...(trained.best === undefined ? {} : { best: trained.best }),
    history: trained.history,
  };
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
    load: (backend, log) => loadPredictor(backend, log, directory, () => description.outputs, description.taps),
  };
}
