import type { LayersModel, Variable } from "@tensorflow/tfjs";
import type { Optimizer, StateVariable, Tf } from "../../core/index.ts";

/** A weight that training changes, with its optimizer slots. */
export interface TrainedWeight {
  readonly name: string;
  readonly variable: Variable;
  readonly slots: Readonly<Record<string, Variable>>;
  /** Weight decay applies to kernels, not to biases and batch-norm scales and offsets (vectors). */
  readonly decay: boolean;
}

/** Everything that a training step changes. */
export interface TrainState {
  readonly weights: readonly TrainedWeight[];
  /** All weights of the model, running averages included, in the model's order. */
  readonly modelWeights: readonly StateVariable[];
  readonly optimizerSlots: readonly StateVariable[];
}

/** Gathers a model's weights under stable names and makes the optimizer's slots beside them. */
export function createTrainState(tf: Tf, model: LayersModel, optimizer: Optimizer): TrainState {
  const modelWeights = model.weights.map((weight) => ({
    name: `model/${weight.originalName}`,
    variable: variableOf(weight),
  }));
  const optimizerSlots: StateVariable[] = [];
  const weights = model.trainableWeights.map((weight) => {
    const variable = variableOf(weight);
    const slots: Record<string, Variable> = {};
    for (const slot of optimizer.slots) {
      const name = `optimizer/${weight.originalName}/${slot}`;
      slots[slot] = tf.variable(tf.zeros(variable.shape), false, undefined, "float32");
      optimizerSlots.push({ name, variable: slots[slot] });
    }
    return { name: weight.originalName, variable, slots, decay: variable.rank > 1 };
  });
  return { weights, modelWeights, optimizerSlots };
}

/** The tf.Variable inside a layer's weight; TensorFlow.js declares the field protected, yet it is what gradients need. */
function variableOf(weight: LayersModel["weights"][number]): Variable {
  return (weight as unknown as { readonly val: Variable }).val;
}
