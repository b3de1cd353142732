import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel, SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import type { Backend, Tf } from "../contracts/backend.ts";
import type { Forward, ForwardSpec } from "../contracts/forward.ts";
import type { BuiltNetwork } from "../contracts/network.ts";
import type { Outputs } from "../contracts/outputs.ts";
import { buildLayersModel, readModelArtifacts } from "./layers-model-files.ts";

/** The network once more, with outputs where its taps are; the weights are those of the model beside it. */
const fileName = "features.json";

/** What the taps of a network give, by name; one that is an output of the model is what that is. */
export function tapOutputs({ taps, model, outputs }: BuiltNetwork): Outputs {
  const specs = Object.entries(taps).map(([name, { tensor, stride }]) => {
    const own = Object.values(outputs)[model.outputs.indexOf(tensor)];
    if (own !== undefined) return [name, own] as const;
    const shape = tensor.shape.slice(1).map((size) => size ?? 0);
    return [name, { kind: "features", shape, ...(stride > 0 ? { stride } : {}) }] as const;
  });
  return Object.fromEntries(specs);
}

/**
 * Writes what features at a network's taps are computed with, beside the files of its model.
 *
 * @param modelJson the model's own, whose weights are meant
 * @returns the taps that can be had: all, unless some have weights that the model does not have
 */
export async function writeTaps(
  tf: Tf,
  directory: string,
  built: BuiltNetwork,
  modelJson: Uint8Array,
): Promise<Outputs> {
  const { model, taps } = built;
  // TensorFlow.js gives nothing for an output that stands in its list twice
  const places = [...new Set([...model.outputs, ...Object.values(taps).map(({ tensor }) => tensor)])];
  const tapped = tf.model({ name: model.name, inputs: model.inputs, outputs: places });
  const known = new Set(model.weights.map(({ originalName }) => originalName));
  if (Object.keys(taps).length === 0 || !tapped.weights.every(({ originalName }) => known.has(originalName))) return {};
  const json = JSON.parse(new TextDecoder().decode(modelJson));
  const placeOf = Object.entries(taps).map(([name, { tensor }]) => [name, places.indexOf(tensor)] as const);
  const content = { ...json, modelTopology: tapped.toJSON(undefined, false), taps: Object.fromEntries(placeOf) };
  await writeFile(join(directory, fileName), JSON.stringify(content));
  return tapOutputs(built);
}

/** The network with its taps, loaded from its files when features are first asked for. */
export interface TappedModel {
  /** What a pass gives under these names, `[count, ...]` each. */
  forward(names: readonly string[]): Promise<Forward>;
  dispose(): void;
}

/**
 * @param outputs names of the model's own outputs, in its order
 * @param spec of the passes
 */
export function tappedModel(
  backend: Backend,
  directory: string,
  outputs: readonly string[],
  spec: Omit<ForwardSpec, "forward">,
): TappedModel {
  const { tf } = backend;
  let loaded: Promise<{ model: LayersModel; placeOf: (name: string) => SymbolicTensor }> | undefined;
  const forwards = new Map<string, Promise<Forward>>();
  const load = async () => {
    const { json, artifacts } = await readModelArtifacts(directory, fileName);
    const model = await buildLayersModel(tf, artifacts, directory);
    const taps = json["taps"] as Readonly<Record<string, number>>;
    const placeOf = (name: string) => model.outputs[taps[name] ?? outputs.indexOf(name)] as SymbolicTensor;
    return { model, placeOf };
  };
  const make = async (names: readonly string[]): Promise<Forward> => {
    loaded ??= load();
    const { model, placeOf } = await loaded;
    const places = [...new Set(names.map(placeOf))];
    const part = tf.model({ inputs: model.inputs, outputs: places });
    return backend.createForward({
      ...spec,
      forward({ pixels }) {
        const given = [part.apply(tf.cast(pixels as Tensor, "float32")) as Tensor | Tensor[]].flat();
        return Object.fromEntries(names.map((name) => [name, given[places.indexOf(placeOf(name))] as Tensor]));
      },
    });
  };
  return {
    forward(names) {
      const key = JSON.stringify(names);
      const known = forwards.get(key) ?? make(names);
      forwards.set(key, known);
      return known;
    },
    dispose() {
      for (const forward of forwards.values()) void forward.then((made) => made.dispose());
      void loaded?.then(({ model }) => model.dispose());
    },
  };
}
