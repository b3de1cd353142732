import type { LayersModel, SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

type Layer = SymbolicTensor["sourceLayer"];

/**
 * The forward pass of a training step: `model.apply(input, { training: true })` with a smaller memory, and with any
 * tensors of the network. TensorFlow.js keeps what each layer gives until the pass is over; here it is freed after the
 * last layer that takes it, unless it is asked for or an operation keeps it for the backward pass. Operations, their
 * order and results are the same; layers behind all places are not run.
 *
 * @param input `[batch, ...]`
 * @param places outputs and taps of the network, by any name
 * @returns what is at each place, `[batch, ...]`; caller disposes
 */
export function trainingForward<Name extends string>(
  tf: Tf,
  model: LayersModel,
  input: Tensor,
  places: Readonly<Record<Name, SymbolicTensor>>,
): Record<Name, Tensor> {
  const wanted = [...new Set(Object.values<SymbolicTensor>(places))];
  const order = inOrder(wanted);
  const [source] = model.inputs;
  if (source === undefined || !isPlain(model, order)) {
    const given = tf.model({ inputs: model.inputs, outputs: wanted }).apply(input, { training: true });
    return atPlaces(places, new Map(wanted.map((place, i) => [place.id, ([given].flat() as Tensor[])[i]])));
  }
  return tf.tidy(() => {
    const values = new Map([[source.id, input]]);
    const tensorOf = ({ id }: SymbolicTensor): Tensor => values.get(id) as Tensor;
    const uses = usesOf(order, [source, ...wanted]);
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
    return atPlaces(places, values);
  });
}

function atPlaces<Name extends string>(
  places: Readonly<Record<Name, SymbolicTensor>>,
  values: ReadonlyMap<number, Tensor | undefined>,
): Record<Name, Tensor> {
  const entries = Object.entries<SymbolicTensor>(places).map(([name, { id }]) => [name, values.get(id)]);
  return Object.fromEntries(entries) as Record<Name, Tensor>;
}

/** Layers whose masks TensorFlow.js hands on to the layers behind them. */
const masking = new Set(["Masking", "Embedding"]);

/** Whether a model has one input, no layer with several outputs, and none that masks or keeps what it gives. */
function isPlain({ inputs, layers }: LayersModel, order: readonly SymbolicTensor[]): boolean {
  const isSingle = order.every(({ outputTensorIndex }) => outputTensorIndex === undefined);
  return inputs.length === 1 && isSingle && !layers.some(holdsOn);
}

function holdsOn(layer: Layer): boolean {
  const { layers = [] } = layer as Layer & { readonly layers?: readonly Layer[] };
  return layer.stateful || masking.has(layer.getClassName()) || layers.some(holdsOn);
}

/** Tensors and what they are made of, in the order in which TensorFlow.js makes them. */
function inOrder(outputs: readonly SymbolicTensor[]): SymbolicTensor[] {
  const found = new Set<SymbolicTensor>();
  const visit = (place: SymbolicTensor): void => {
    if (found.has(place)) return;
    for (const input of place.inputs.toReversed()) visit(input);
    found.add(place);
  };
  for (const output of outputs) visit(output);
  return [...found];
}

/** How often each tensor is taken, by its number; those to keep once more. */
function usesOf(order: readonly SymbolicTensor[], kept: readonly SymbolicTensor[]): Map<number, number> {
  const uses = new Map<number, number>();
  for (const { id } of [...order.flatMap(({ inputs }) => inputs), ...kept]) uses.set(id, (uses.get(id) ?? 0) + 1);
  return uses;
}
