import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { applyLayer } from "./apply-layer.ts";

export type Activation = "relu" | "relu6" | "leaky" | "hard-swish";

/** Darknet's slope for negative values. */
const leakySlope = 0.1;

/** Adds an activation as stock layers. `name` is what stands before the activation's own name. */
export function activate(tf: Tf, input: SymbolicTensor, kind: Activation, name: string): SymbolicTensor {
  const own = `${name}/${kind}`;
  if (kind === "relu") return relu(tf, input, own);
  if (kind === "relu6") return relu(tf, input, own, 6);
  if (kind === "leaky") return applyLayer(tf.layers.leakyReLU({ name: own, alpha: leakySlope }), input);
  return applyLayer(tf.layers.multiply({ name: own }), [input, hardSigmoid(tf, input, own)]);
}

/** Adds a ReLU, or ReLU6 with `maxValue: 6`. */
export function relu(tf: Tf, input: SymbolicTensor, name: string, maxValue?: number): SymbolicTensor {
  return applyLayer(tf.layers.reLU(maxValue === undefined ? { name } : { name, maxValue }), input);
}

/**
 * relu6(x + 3) / 6 by rescaling; the activation `hardSigmoid` of TensorFlow.js is another function, of slope 0.2.
 *
 * @see Howard et al. (2019), arXiv:1905.02244, §5.2
 */
export function hardSigmoid(tf: Tf, input: SymbolicTensor, name: string): SymbolicTensor {
  const shifted = applyLayer(tf.layers.rescaling({ name: `${name}/shift`, scale: 1, offset: 3 }), input);
  const clipped = relu(tf, shifted, `${name}/clip`, 6);
  return applyLayer(tf.layers.rescaling({ name: `${name}/scale`, scale: 1 / 6, offset: 0 }), clipped);
}
