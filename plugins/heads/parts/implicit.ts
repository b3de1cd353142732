import type { SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { applyLayer } from "../../networks/detector/conv-block.ts";

/** How an implicit tensor enters: added before the prediction, or multiplied after it. */
export type ImplicitKind = "add" | "multiply";

/**
 * Adds a layer of one learned number for each channel, the same for all images and places. Being of rank 1 they do not
 * decay. The layer is of training alone: the form for use has its numbers inside the convolution beside it.
 *
 * @see Wang, Yeh, Liao (2021), "You Only Learn One Representation", arXiv:2105.04206, §4
 */
export function implicit(tf: Tf, input: SymbolicTensor, kind: ImplicitKind, name: string): SymbolicTensor {
  const neutral = kind === "add" ? "zeros" : "ones";
  const combine = kind === "add" ? tf.add : tf.mul;
  class Implicit extends tf.layers.Layer {
    static readonly className = "KdflowImplicit";

    override build(): void {
      const initializer = tf.initializers[neutral]();
      this.addWeight("values", [input.shape.at(-1) ?? 0], "float32", initializer);
      this.built = true;
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      const [tensor] = [inputs].flat();
      const [values] = this.weights;
      return combine(tensor as Tensor, values?.read() as Tensor);
    }

    override computeOutputShape(shape: (number | null)[]): (number | null)[] {
      return shape;
    }
  }
  return applyLayer(new Implicit({ name }), input);
}
