import type { LayersModel } from "@tensorflow/tfjs";
import { type HostTensor, KdflowError, layerVariable, type Tf } from "../../../core/index.ts";

/** A model's weights in host memory, running averages included, by name (`stem/conv/kernel`). */
export async function readWeights(model: LayersModel): Promise<Map<string, HostTensor>> {
  const weights = new Map<string, HostTensor>();
  for (const weight of model.weights) {
    const tensor = weight.read();
    weights.set(weight.originalName, { shape: tensor.shape, values: Float32Array.from(await tensor.data()) });
  }
  return weights;
}

/** Sets all weights of a model by name; what the model has no place for is left out. */
export function writeWeights(tf: Tf, model: LayersModel, given: ReadonlyMap<string, HostTensor>): void {
  tf.tidy(() => {
    for (const weight of model.weights) {
      const tensor = given.get(weight.originalName);
      if (tensor === undefined) throw new KdflowError("KDF_INTERNAL", `nothing gives "${weight.originalName}"`);
      layerVariable(weight).assign(tf.tensor(tensor.values, [...tensor.shape]));
    }
  });
}
