import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** Operations with a boolean result, by the names of their inputs; TensorFlow.js gives them no gradient. */
const comparisons: Readonly<Record<string, readonly string[]>> = {
  Equal: ["a", "b"],
  NotEqual: ["a", "b"],
  Greater: ["a", "b"],
  GreaterEqual: ["a", "b"],
  Less: ["a", "b"],
  LessEqual: ["a", "b"],
  LogicalAnd: ["a", "b"],
  LogicalOr: ["a", "b"],
  LogicalXor: ["a", "b"],
  LogicalNot: ["x"],
  All: ["x"],
  Any: ["x"],
};

/**
 * Gives comparisons a gradient of zero. They are constant almost everywhere, and without a gradient function a loss
 * such as `where(greater(a, b), a, b)` cannot be differentiated at all.
 */
export function registerZeroGradients(tf: Tf): void {
  for (const [kernelName, inputs] of Object.entries(comparisons)) {
    if (tf.getGradient(kernelName) !== undefined) continue;
    tf.registerGradient({
      kernelName,
      inputsToSave: [...inputs],
      gradFunc: (_dy, saved) =>
        Object.fromEntries(inputs.map((name, i) => [name, () => tf.zeros((saved[i] as Tensor).shape)])),
    });
  }
}
