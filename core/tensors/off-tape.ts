import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../contracts/backend.ts";
import type { LossTerm } from "../contracts/loss-term.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * A term's inputs, and beside them what its `targets` makes of them. TensorFlow.js differentiates whatever lies between
 * a variable and the loss, a `detach` before it or not; operations that run here are not noted for the backward pass.
 *
 * @returns targets belong to the tidy around; nothing else that `targets` makes is left
 */
export function withTargets(
  tf: Tf,
  { targets }: Pick<LossTerm, "targets">,
  inputs: Tensors,
  scalars: Readonly<Record<string, Scalar>>,
): Tensors {
  if (targets === undefined) return inputs;
  return { ...inputs, ...offTape(tf, () => tf.tidy(() => ({ ...targets(inputs, scalars) }))) };
}

/** Runs operations as those inside a kernel run, which have no gradient of their own. */
function offTape<T>(tf: Tf, work: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth += 1;
  try {
    return work();
  } finally {
    state.kernelDepth -= 1;
  }
}
