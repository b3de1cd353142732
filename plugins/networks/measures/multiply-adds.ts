import type { LayersModel } from "@tensorflow/tfjs";
import { KdflowError } from "../../../core/index.ts";

type Layer = LayersModel["layers"][number];

/** Layers whose kernels are applied once for each output position; everything else is counted as free. */
const countedLayers: ReadonlySet<string> = new Set([
  "Conv1D",
  "Conv2D",
  "Conv3D",
  "DepthwiseConv2D",
  "SeparableConv2D",
  "Dense",
]);

/**
 * Counts the multiply-adds of one image: of convolutions (full, depthwise, separable) and dense layers, as papers do.
 * Biases, batch norm, activations, pooling and sums are left out; batch norm folds into the convolution before it.
 *
 * Each kernel of n weights costs n at every output position, since every weight is used there once.
 *
 * @throws KDF_TENSORS_SHAPE where a layer has no fixed output size
 */
export function countMultiplyAdds(model: LayersModel): number {
  return model.layers.filter((layer) => countedLayers.has(layer.getClassName())).reduce(addLayer, 0);
}

/** Numbers of weights: those that training changes, and all of them (batch norm's running averages included). */
export function countParameters(model: LayersModel): { readonly trainable: number; readonly all: number } {
  return { trainable: sumSizes(model.trainableWeights), all: sumSizes(model.weights) };
}

function addLayer(total: number, layer: Layer): number {
  const kernels = layer.weights.filter((weight) => weight.shape.length > 1); // biases have rank 1
  return total + sumSizes(kernels) * outputPositions(layer);
}

/** Places at which the layer is applied, over all calls of a shared layer. */
function outputPositions(layer: Layer): number {
  const channelsFirst = layer.getConfig()["dataFormat"] === "channelsFirst";
  let positions = 0;
  for (const node of layer.inboundNodes) {
    for (const shape of node.outputShapes) {
      const sizes = [shape].flat(2).slice(channelsFirst ? 2 : 1, channelsFirst ? undefined : -1);
      positions += sizes.reduce<number>((product, size) => product * knownSize(size, layer.name), 1);
    }
  }
  return positions;
}

function sumSizes(weights: readonly { readonly shape: readonly (number | null)[] }[]): number {
  return weights.reduce((sum, { shape }) => sum + shape.reduce<number>((product, size) => product * (size ?? 0), 1), 0);
}

function knownSize(size: number | null | undefined, layer: string): number {
  if (typeof size === "number") return size;
  throw new KdflowError("KDF_TENSORS_SHAPE", `layer "${layer}" has no fixed output size to count operations at`, {
    hint: "build the model for one input size",
  });
}
