import {
  type BuiltNetwork,
  createLossParts,
  type Dataset,
  type ImageSize,
  type Network,
  type Objective,
  type Optimizer,
  type OwnedLossParts,
  type StageContext,
  type StateVariable,
} from "../../core/index.ts";
import { createLossMeter, type LossMeter } from "./loss-meter.ts";
import { lossShapes } from "./step-body.ts";
import { createTrainState, type TrainState } from "./train-state.ts";

interface TensorsRequest {
  readonly context: Pick<StageContext, "tf" | "rng">;
  readonly source: { readonly dataset: Pick<Dataset, "classNames">; readonly inputSize: ImageSize };
  readonly network: Network;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
}

/** Every tensor that lives through a whole training. */
export interface TrainingTensors {
  readonly built: BuiltNetwork;
  readonly state: TrainState;
  readonly meter: LossMeter;
  /** Of the terms that own layers or state, by term. */
  readonly lossParts: ReadonlyMap<string, OwnedLossParts>;
  dispose(): void;
}

/** Builds the network and the loss terms' own parts from their seeds, and zeros for the optimizer and the meter. */
export function createTrainingTensors(request: TensorsRequest): TrainingTensors {
  const { context, source, network, objective, optimizer } = request;
  const { tf } = context;
  const classes = source.dataset.classNames.length;
  const built = network.build({ input: source.inputSize, classes, rng: context.rng("weights") });
  const lossParts = new Map<string, OwnedLossParts>();
  const made: StateVariable[] = [];
  const dispose = (): void => {
    for (const parts of lossParts.values()) parts.dispose();
    for (const { variable } of made) variable.dispose();
    built.model.dispose();
  };
  try {
    for (const use of objective.terms) {
      const { name, term } = use;
      if (term.layers === undefined && term.state === undefined) continue;
      const shapes = lossShapes({ model: built.model, objective, classes }, use);
      lossParts.set(name, createLossParts({ tf, name, term, shapes, rng: (stream) => context.rng(stream) }));
    }
    const state = createTrainState(tf, built.model, optimizer, lossParts);
    made.push(...state.optimizerSlots);
    const meter = createLossMeter(tf, ["loss", ...objective.terms.map((term) => term.name)]);
    made.push(...meter.state);
    return { built, state, meter, lossParts, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
