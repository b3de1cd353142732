import type { LayersModel, Variable } from "@tensorflow/tfjs";

/** The tf.Variable inside a layer's weight; TensorFlow.js declares the field protected, yet it is what gradients need. */
export function layerVariable(weight: LayersModel["weights"][number]): Variable {
  return (weight as unknown as { readonly val: Variable }).val;
}
