import type { LayersModel } from "@tensorflow/tfjs";

/**
 * Makes layers of a model work as in inference even while the model trains: a frozen batch norm normalises by its
 * running averages and leaves them alone. Its saved form is not touched.
 *
 * @param isFrozen asked whenever a layer is applied
 */
export function freezeLayers(
  { layers }: LayersModel,
  frozen: ReadonlySet<string>,
  isFrozen: () => boolean = () => true,
): void {
  for (const layer of layers) {
    if (!frozen.has(layer.name)) continue;
    const call = layer.call.bind(layer);
    layer.call = (inputs, options) => call(inputs, isFrozen() ? { ...options, training: false } : options);
  }
}
