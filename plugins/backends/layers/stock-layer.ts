import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

type Layer = InstanceType<Tf["layers"]["Layer"]>;

/** What our layers override of a TensorFlow.js layer. */
export interface StockLayer extends Layer {
  call(inputs: Tensor | Tensor[], options: { readonly training?: boolean }): Tensor | Tensor[];
}

export type LayerClass<L extends StockLayer> = new (args: object) => L;

/**
 * Derives a class from the class of a stock layer and registers it under the stock name, so that models read from
 * files use it too and models written to files load with plain TensorFlow.js.
 *
 * @param sample any layer of the stock class; TensorFlow.js exports factories but not the classes themselves
 */
export function extendStockLayer<L extends StockLayer, S extends Layer>(
  tf: Tf,
  sample: S,
  derive: (stock: LayerClass<L>) => LayerClass<L>,
): new (
  args: object,
) => L & S {
  const derived = derive(sample.constructor as unknown as LayerClass<L>) as new (args: object) => L & S;
  // a derived class inherits the static `className` and `fromConfig` that registration and serialisation go by
  tf.serialization.registerClass(derived as unknown as Parameters<Tf["serialization"]["registerClass"]>[0]);
  return derived;
}

/** Layers get a tensor or a list of one. */
export function onlyTensor(inputs: Tensor | Tensor[]): Tensor {
  return Array.isArray(inputs) ? (inputs[0] as Tensor) : inputs;
}
