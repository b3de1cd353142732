import type { LayersModel, Variable } from "@tensorflow/tfjs";
import {
  type LossParts,
  layerVariable,
  type Optimizer,
  type OwnedLossParts,
  type StateVariable,
  type Tf,
} from "../../../core/index.ts";
import { layerOf } from "../start/layer-patterns.ts";
import { createAverages, type WeightAverage } from "../step/weight-averages.ts";
import { plainSettings, type WeightSettings } from "../step/weight-settings.ts";

/** A weight that training changes, with its optimizer slots. */
export interface TrainedWeight {
  readonly name: string;
  readonly variable: Variable;
  readonly slots: Readonly<Record<string, Variable>>;
  /** Times the step's learning rate. */
  readonly rateFactor: number;
  /** That of the optimizer or group for kernels; 0 for biases and batch-norm scales and offsets (vectors). */
  readonly weightDecay: number;
  /** The sum of gradients since the last update, where an update takes several batches. */
  readonly gathered: Variable | undefined;
  /** Whether it is frozen for some epochs and learns afterwards. */
  readonly thaws: boolean;
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
  readonly gathered: readonly StateVariable[];
  /** Averages of all that training changes, where it is to be averaged. */
  readonly averages: readonly WeightAverage[];
  readonly averageState: readonly StateVariable[];
  /** The parts of loss terms that own some, by term. */
  readonly lossParts: ReadonlyMap<string, LossParts>;
}

export interface StateRequest {
  readonly tf: Tf;
  readonly model: LayersModel;
  readonly optimizer: Optimizer;
  readonly lossParts?: ReadonlyMap<string, OwnedLossParts>;
  /** All weights learn alike unless given. */
  readonly settings?: WeightSettings;
  /** Whether gradients are gathered over several batches. */
  readonly gather?: boolean;
  /** Whether weights are averaged over the updates. */
  readonly average?: boolean;
}

/** Gathers a model's weights under stable names and makes what training keeps beside them. */
export function createTrainState(request: StateRequest): TrainState {
  const { tf, model, optimizer, lossParts = new Map<string, OwnedLossParts>(), gather = false } = request;
  const settings = request.settings ?? plainSettings(optimizer);
  const isFrozen = (name: string): boolean => settings.frozen.has(layerOf(name));
  const modelWeights = model.weights.map((weight) => ({
    name: `model/${weight.originalName}`,
    variable: layerVariable(weight),
  }));
  const owned = [...lossParts.values()];
  const trained = [
    ...model.trainableWeights.map((weight) => ({ name: weight.originalName, variable: layerVariable(weight) })),
    ...owned.flatMap(({ weights }) => weights.filter(({ trainable }) => trainable)),
  ].filter(({ name }) => !isFrozen(name));
  const optimizerSlots: StateVariable[] = [];
  const gathered: StateVariable[] = [];
  const zeros = (into: StateVariable[], name: string, shape: number[]): Variable => {
    const variable = tf.tidy(() => tf.variable(tf.zeros(shape), false, undefined, "float32"));
    into.push({ name, variable });
    return variable;
  };
  const weights = trained.map(({ name, variable }): TrainedWeight => {
    const slots: Record<string, Variable> = {};
    for (const slot of optimizer.slots) {
      slots[slot] = zeros(optimizerSlots, `optimizer/${name}/${slot}`, variable.shape);
    }
    const { rateFactor, weightDecay } = settings.of(name);
    const sum = gather ? zeros(gathered, `gathered/${name}`, variable.shape) : undefined;
    const thaws = settings.thawing.has(layerOf(name));
    return {
      name,
      variable,
      slots,
      rateFactor,
      weightDecay: variable.rank > 1 ? weightDecay : 0,
      gathered: sum,
      thaws,
    };
  });
  const lossState = owned.flatMap((parts) => [...parts.weights, ...parts.variables]);
  const changing = [
    ...modelWeights.filter(({ name }) => !isFrozen(name.slice("model/".length))),
    ...owned.flatMap((parts) => parts.weights).filter(({ name }) => !isFrozen(name)),
  ];
  const { averages, state: averageState } = createAverages(tf, request.average === true ? changing : []);
  return { weights, modelWeights, lossState, optimizerSlots, gathered, averages, averageState, lossParts };
}
