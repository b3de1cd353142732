import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs";
import {
  type BuiltNetwork,
  type Dataset,
  type ImageSize,
  layersModelFiles,
  loadPredictor,
  type Model,
  type ModelDescription,
  type Tf,
  writeTaps,
} from "../../../core/index.ts";
import { countMultiplyAdds, countParameters } from "../../networks/measures/multiply-adds.ts";
import { writeAdapters } from "../adapters/adapter-files.ts";
import { nanForNull } from "../loop/nan-for-null.ts";
import type { TrainedNetwork } from "../loop/training-loop.ts";

/**
 * Writes a trained network, in its form for use, as stock layers-model files with `description.json` beside them, and
 * the loss terms' own layers, where there are any, as files of their own: they are no part of the network.
 *
 * @param unfinished how far a training got that is not over
 */
export async function writeModel(
  tf: Tf,
  directory: string,
  trained: TrainedNetwork,
  { task, classNames }: Pick<Dataset, "task" | "classNames">,
  imageSize: ImageSize,
  unfinished?: string,
): Promise<void> {
  const deployed = await trained.built.deploy?.();
  try {
    const used = deployed === undefined ? trained.built : inForm(trained.built, deployed);
    await writeFiles(tf, directory, trained, used, { task, classNames, imageSize, unfinished });
  } finally {
    deployed?.dispose();
  }
  await writeAdapters(directory, trained.lossParts);
}

/** The network with another model in its place, and those of its taps whose layers that has. */
function inForm(built: BuiltNetwork, model: LayersModel): BuiltNetwork {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const taps = Object.entries(built.taps).flatMap(([name, tap]) => {
    const output = layers.get(tap.tensor.sourceLayer.name)?.output;
    return output === undefined || Array.isArray(output) ? [] : [[name, { ...tap, tensor: output }] as const];
  });
  return { ...built, model, taps: Object.fromEntries(taps) };
}

interface Described extends Pick<ModelDescription, "task" | "classNames" | "imageSize"> {
  readonly unfinished: string | undefined;
}

async function writeFiles(
  tf: Tf,
  directory: string,
  trained: TrainedNetwork,
  built: BuiltNetwork,
  { task, classNames, imageSize, unfinished }: Described,
): Promise<void> {
  const { model, outputs } = built;
  const files = await layersModelFiles(model);
  const sizeBytes = Object.values(files).reduce((sum, bytes) => sum + bytes.byteLength, 0);
  const { trainable, all } = countParameters(model);
  await mkdir(directory, { recursive: true });
  const taps = await writeTaps(tf, directory, built, files["model.json"] ?? new Uint8Array());
  const description: ModelDescription = {
    task,
    classNames,
    imageSize,
    outputs,
    taps,
    trainableParameters: trainable,
    parameters: all,
    multiplyAdds: countMultiplyAdds(model),
    sizeBytes,
    ...(trained.best === undefined ? {} : { best: trained.best }),
    history: trained.history,
    ...(unfinished === undefined ? {} : { unfinished }),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes);
  await writeFile(join(directory, "description.json"), `${JSON.stringify(description, null, 2)}\n`);
}

/** Opens a folder that {@link writeModel} wrote; weights are read only by `load`. */
export async function openModel(directory: string, digest: string): Promise<Model> {
  const text = await readFile(join(directory, "description.json"), "utf8");
  const description = nanForNull(JSON.parse(text) as ModelDescription);
  await stat(join(directory, "model.json"));
  return {
    description,
    digest,
    directory,
    load: (backend, log) => loadPredictor(backend, log, directory, () => description.outputs, description.taps),
  };
}
