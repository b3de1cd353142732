import type { LayersModel, SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "./backend.ts";

type Layer = SymbolicTensor["sourceLayer"];

/**
 * The forward pass of a training step: `model.apply(input, { training: true })` with a smaller memory. TensorFlow.js keeps
 * what each layer gives until the pass is over; here it is freed after the last layer that takes it, unless an operation
 * keeps it for the backward pass. Operations, their order and results are the same.
 *
 * @param input `[batch, ...]`
 * @returns the output of a model with one, `[batch, ...]`; caller disposes
 */
export function trainingForward(tf: Tf, model: LayersModel, input: Tensor): Tensor {
  const [source, output] = [model.inputs[0], model.outputs[0]];
  const order = output === undefined ? [] : inOrder(output);
  if (source === undefined || output === undefined || !isPlain(model, order)) {
    return model.apply(input, { training: true }) as Tensor;
  }
  return tf.tidy(() => {
    const values = new Map([[source.id, input]]);
    const tensorOf = ({ id }: SymbolicTensor): Tensor => values.get(id) as Tensor;
    const uses = usesOf(order, [source, output]);
    for (const place of order) {
      if (place.id === source.id) continue;
      const given = place.sourceLayer.apply(place.inputs.map(tensorOf), { training: true }) as Tensor | Tensor[];
      values.set(place.id, [given].flat()[0] as Tensor);
      for (const used of place.inputs) {
        const left = (uses.get(used.id) ?? 0) - 1;
        uses.set(used.id, left);
        if (left === 0) tensorOf(used).dispose();
      }
    }
    return tensorOf(output);
  });
}

/** Layers whose masks TensorFlow.js hands on to the layers behind them. */
const masking = new Set(["Masking", "Embedding"]);

/** Whether a model has one input, one output, no layer with several outputs, and none that masks or keeps what it gives. */
function isPlain({ inputs, outputs, layers }: LayersModel, order: readonly SymbolicTensor[]): boolean {
  const isSingle = inputs.length === 1 && outputs.length === 1;
  return isSingle && order.every(({ outputTensorIndex }) => outputTensorIndex === undefined) && !layers.some(holdsOn);
}

function holdsOn(layer: Layer): boolean {
  const { layers = [] } = layer as Layer & { readonly layers?: readonly Layer[] };
  return layer.stateful || masking.has(layer.getClassName()) || layers.some(holdsOn);
}

/** What a tensor is made of, and the tensor last, in the order in which TensorFlow.js makes them. */
function inOrder(output: SymbolicTensor): SymbolicTensor[] {
  const found = new Set<SymbolicTensor>();
  const visit = (place: SymbolicTensor): void => {
    if (found.has(place)) return;
    for (const input of place.inputs.toReversed()) visit(input);
    found.add(place);
  };
  visit(output);
  return [...found];
}

/** How often each tensor is taken, by its number; those to keep once more. */
function usesOf(order: readonly SymbolicTensor[], kept: readonly SymbolicTensor[]): Map<number, number> {
  const uses = new Map<number, number>();
  for (const { id } of [...order.flatMap(({ inputs }) => inputs), ...kept]) uses.set(id, (uses.get(id) ?? 0) + 1);
  return uses;
}
