import type { LayersModel } from "@tensorflow/tfjs";
import { KdflowError, layerVariable, type NamedWeights, type Tf } from "../../../core/index.ts";

/** A model's weights on the host, running averages included. */
export async function readByName(model: LayersModel): Promise<NamedWeights> {
  const read = model.weights.map(async (weight) => {
    const tensor = weight.read();
    const values = Float32Array.from(await tensor.data());
    return [weight.originalName, { shape: tensor.shape, values }] as const;
  });
  return new Map(await Promise.all(read));
}

/** Shapes of a model's weights, all zero. */
export function emptyByName(model: LayersModel): NamedWeights {
  return new Map(
    model.weights.map(({ originalName, shape }) => [
      originalName,
      { shape: shape.map((length) => length ?? 0), values: new Float32Array() },
    ]),
  );
}

/** Writes weights into a model by name; those that it has no place for are left out. */
export function writeByName(tf: Tf, model: LayersModel, given: NamedWeights, isWhole: boolean): void {
  tf.tidy(() => {
    for (const weight of model.weights) {
      const tensor = given.get(weight.originalName);
      if (tensor !== undefined) layerVariable(weight).assign(tf.tensor(tensor.values, [...tensor.shape]));
      else if (isWhole) throw new KdflowError("KDF_INTERNAL", `nothing gives the weight "${weight.originalName}"`);
    }
  });
}
