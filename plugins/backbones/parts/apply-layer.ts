import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import { KdflowError } from "../../../core/index.ts";

type Layer = LayersModel["layers"][number];

/** Applies a layer to symbolic inputs, `[batch, ...]` → `[batch, ...]`. */
export function applyLayer(layer: Layer, input: SymbolicTensor | SymbolicTensor[]): SymbolicTensor {
  const output = layer.apply(input);
  if (Array.isArray(output) || !("sourceLayer" in output)) {
    throw new KdflowError("KDF_INTERNAL", `layer "${layer.name}" does not have one symbolic output`);
  }
  return output;
}

/** Channels of `[batch, height, width, channels]` or `[batch, channels]`. */
export function channelsOf(tensor: SymbolicTensor): number {
  return tensor.shape.at(-1) ?? 0;
}
