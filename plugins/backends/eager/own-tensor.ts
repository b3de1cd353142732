import type { Tensor } from "@tensorflow/tfjs";
import { KdflowError, type Tf } from "../../../core/index.ts";

/** The engine's book of live tensors; public in TensorFlow.js but missing from its types. */
interface EngineState {
  readonly state: { readonly tensorInfo: WeakMap<object, unknown> };
}

/**
 * Refuses what is not a live tensor of `tf`'s own engine.
 *
 * @param what names the value in the message: `result "loss" of the training step`
 * @throws KDF_PLUGIN_FOREIGN_TENSOR, or KDF_TENSORS_SHAPE where the value is no tensor or was disposed
 */
export function assertOwnTensor(tf: Tf, value: unknown, what: string): asserts value is Tensor {
  if (!(value instanceof tf.Tensor)) {
    throw new KdflowError("KDF_TENSORS_SHAPE", `${what} is not a tensor but ${describe(value)}`);
  }
  if (value.isDisposed) throw new KdflowError("KDF_TENSORS_SHAPE", `${what} was disposed before it was handed over`);
  const { state } = tf.engine() as unknown as EngineState;
  if (!state.tensorInfo.has(value.dataId)) {
    throw new KdflowError("KDF_PLUGIN_FOREIGN_TENSOR", `${what} was made by another copy of TensorFlow.js`, {
      hint: "take `tf` from the context instead of importing @tensorflow/tfjs",
    });
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return value instanceof Promise ? "a promise; the body of a step must not be async" : `a ${typeof value}`;
}
