import type { Emission } from "../emission.ts";
import { UnsupportedUse } from "../emitter.ts";

/** The activation that a fused kernel ends with, by TensorFlow.js's name. @returns the tensor behind it */
export function writeActivation(onnx: Emission, tensor: string, name: string, slope = 0.2): string {
  switch (name) {
    case "linear":
      return tensor;
    case "relu":
      return onnx.node("Relu", [tensor]);
    case "relu6":
      return onnx.node("Clip", [tensor, onnx.scalar(0), onnx.scalar(6)]);
    case "leakyrelu":
      return onnx.node("LeakyRelu", [tensor], { alpha: { float: slope } });
    case "elu":
      return onnx.node("Elu", [tensor]);
    case "sigmoid":
      return onnx.node("Sigmoid", [tensor]);
    default:
      throw new UnsupportedUse(`its activation is "${name}"`);
  }
}
