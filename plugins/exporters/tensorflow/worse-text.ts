import type { MetricLoss } from "../quantize/metric-loss.ts";

/**
 * That a rounded form loses more than is allowed. Which layers cost it is not measured in TFLite files; it says so, and
 * where layers can be looked at one by one.
 *
 * @param purpose what was exported, in words
 */
export function worseText(purpose: string, precision: string, { metric, before, after, allowed }: MetricLoss): string {
  const [from, to] = [before, after].map((scores) => scores[metric]?.toFixed(4) ?? "no value");
  const said = `${purpose} with ${precision} has ${metric} ${to}, the trained network ${from}, more apart than ${allowed}`;
  if (precision !== "int8") return said;
  return `${said}; which layers cost it is not measured in TFLite files: \`quantize: int8\` of \`export: onnx\` leaves layers out one at a time and names those of the same network, TensorFlow's \`tf.lite.experimental.QuantizationDebugger\` compares those of this form; \`precision: float16\` rounds less`;
}
