import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { hardSigmoid, relu } from "./activation.ts";
import { applyLayer, channelsOf } from "./apply-layer.ts";
import { conv } from "./conv-norm.ts";

/**
 * Scales each channel by a gate that is computed from the means of all: 1×1 to `squeezed` channels, ReLU, 1×1 back,
 * hard sigmoid.
 *
 * @see Hu, Shen, Albanie, Sun, Wu (2017), arXiv:1709.01507; Howard et al. (2019), arXiv:1905.02244, §5.3
 */
export function squeezeExcite(tf: Tf, input: SymbolicTensor, squeezed: number, name: string): SymbolicTensor {
  const channels = channelsOf(input);
  const means = applyLayer(tf.layers.globalAveragePooling2d({ name: `${name}/mean` }), input);
  const cell = applyLayer(tf.layers.reshape({ name: `${name}/cell`, targetShape: [1, 1, channels] }), means);
  const reduced = conv(tf, cell, { name: `${name}/reduce`, kernelSize: 1, filters: squeezed, bias: true });
  const hidden = relu(tf, reduced, `${name}/reduce/relu`);
  const expanded = conv(tf, hidden, { name: `${name}/expand`, kernelSize: 1, filters: channels, bias: true });
  return applyLayer(tf.layers.multiply({ name }), [input, hardSigmoid(tf, expanded, `${name}/gate`)]);
}
