import type { Activate, Tf } from "../../../core/index.ts";
import { applyLayer } from "./conv-block.ts";

export type ActivationName = "relu" | "relu6" | "leaky" | "silu";

/** Slope of a leaky ReLU below zero, as YOLO takes it. */
const leakySlope = 0.1;

/** The layers of a detector's activation. */
export function activation(tf: Tf, kind: ActivationName): Activate {
  const layerOf = (name: string) => {
    if (kind === "silu") return tf.layers.activation({ name, activation: "swish" });
    if (kind === "leaky") return tf.layers.leakyReLU({ name, alpha: leakySlope });
    return tf.layers.reLU(kind === "relu6" ? { name, maxValue: 6 } : { name });
  };
  return (input, name) => applyLayer(layerOf(name), input);
}
