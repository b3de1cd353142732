import type { NamedTensorMap, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** An operation of the forward pass as TensorFlow.js notes it for the backward pass. */
type TapeNode = ReturnType<Tf["engine"]>["state"]["activeTape"][number];

/**
 * A loss and its gradients: `tf.variableGrads` with a smaller memory. TensorFlow.js keeps the gradients of all feature
 * maps, and the feature maps themselves, until the backward pass is over; here each is freed as soon as the pass is past
 * the operation that needs it (docs/performance.md says what that saves). Operations and results are the same.
 *
 * @param loss runs the forward pass, `[]`
 * @returns the loss, and gradients by the variables' names; caller disposes
 */
export function variableGradients(
  tf: Tf,
  loss: () => Scalar,
  variables: Variable[],
): { value: Scalar; grads: NamedTensorMap } {
  const { state } = tf.engine();
  return tf.variableGrads(() => {
    const value = loss();
    // gradients of gradients need what the pass inside has made
    if (state.gradientDepth === 1) freeOnceUsed(state.activeTape, value);
    return value;
  }, variables);
}

/** The backward pass goes through the tape from its end, and asks each operation for its gradients once. */
function freeOnceUsed(tape: readonly TapeNode[], lossValue: Scalar): void {
  const backward = new BackwardTensors(lossValue.id);
  for (const node of tape) {
    const { gradient, saved = [] } = node;
    if (gradient === undefined) continue;
    node.gradient = (dys) => {
      backward.free();
      const inputGradients = gradient(dys);
      backward.take(dys, saved);
      return Object.fromEntries(
        Object.entries(inputGradients).map(([input, make]) => [input, () => backward.gave(make())]),
      );
    };
  }
}

/** Tensors of the backward pass that one operation has in hand. */
class BackwardTensors {
  readonly #lossId: number;
  #gradients: readonly Tensor[] = [];
  #saved: readonly Tensor[] = [];
  readonly #given = new Set<Tensor>();
  /** Gradients of more than one tensor. */
  readonly #shared = new Set<Tensor>();

  /** @param lossId the number of the last tensor of the forward pass */
  constructor(lossId: number) {
    this.#lossId = lossId;
  }

  /** @param gradients of the operation's outputs; `null` for an output that the loss does not depend on */
  take(gradients: readonly (Tensor | null)[], saved: readonly Tensor[]): void {
    this.#gradients = gradients.filter((gradient) => gradient !== null);
    this.#saved = saved;
  }

  /** Notes a gradient that the operation gave one of its inputs. */
  gave(gradient: Tensor): Tensor {
    if (this.#given.has(gradient) || this.#gradients.includes(gradient)) this.#shared.add(gradient);
    this.#given.add(gradient);
    return gradient;
  }

  /** Frees what the operation had; tensors from outside the backward pass belong to others. */
  free(): void {
    for (const gradient of this.#gradients) {
      if (gradient.id > this.#lossId && !gradient.kept && !this.#shared.has(gradient)) gradient.dispose();
      this.#given.delete(gradient);
    }
    for (const tensor of this.#saved) tensor.dispose();
    this.take([], []);
  }
}
