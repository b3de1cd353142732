import type { LayersModel, Variable } from "@tensorflow/tfjs";
import {
  type LossParts,
  layerVariable,
  type Optimizer,
  type OwnedLossParts,
  type StateVariable,
  type Tf,
} from "../../core/index.ts";

/** A weight that training changes, with its optimizer slots. */
export interface TrainedWeight {
  readonly name: string;
  readonly variable: Variable;
  readonly slots: Readonly<Record<string, Variable>>;
  /** That of the optimizer for kernels; 0 for biases and batch-norm scales and offsets (vectors). */
  readonly weightDecay: number;
}

/** Everything that a training step changes. */
export interface TrainState {
  /** The student's trained weights, then those of the loss terms' own layers. */
  readonly weights: readonly TrainedWeight[];
  /** All weights of the model, running averages included, in the model's order. */
  readonly modelWeights: readonly StateVariable[];
  /** All weights of the loss terms' own layers, and the terms' state tensors. */
  readonly lossState: readonly StateVariable[];
  readonly optimizerSlots: readonly StateVariable[];
  /** The parts of loss terms that own some, by term. */
  readonly lossParts: ReadonlyMap<string, LossParts>;
}

/** Gathers a model's weights under stable names and makes the optimizer's slots beside them. */
export function createTrainState(
  tf: Tf,
  model: LayersModel,
  optimizer: Optimizer,
  lossParts: ReadonlyMap<string, OwnedLossParts> = new Map(),
): TrainState {
  const modelWeights = model.weights.map((weight) => ({
    name: `model/${weight.originalName}`,
    variable: layerVariable(weight),
  }));
  const owned = [...lossParts.values()];
  const trained = [
    ...model.trainableWeights.map((weight) => ({ name: weight.originalName, variable: layerVariable(weight) })),
    ...owned.flatMap(({ weights }) => weights.filter(({ trainable }) => trainable)),
  ];
  const optimizerSlots: StateVariable[] = [];
  const weights = trained.map(({ name, variable }) => {
    const slots: Record<string, Variable> = {};
    for (const slot of optimizer.slots) {
      slots[slot] = tf.tidy(() => tf.variable(tf.zeros(variable.shape), false, undefined, "float32"));
      optimizerSlots.push({ name: `optimizer/${name}/${slot}`, variable: slots[slot] });
    }
    return { name, variable, slots, weightDecay: variable.rank > 1 ? (optimizer.weightDecay ?? 0) : 0 };
  });
  const lossState = owned.flatMap((parts) => [...parts.weights, ...parts.variables]);
  return { weights, modelWeights, lossState, optimizerSlots, lossParts };
}
