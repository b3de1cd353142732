import {
  type BuiltNetwork,
  createLossParts,
  type ImageSize,
  KdflowError,
  type Network,
  type Objective,
  type Optimizer,
  type OwnedLossParts,
  type StageContext,
  type StateVariable,
} from "../../../core/index.ts";
import { adaptedTerm } from "../adapters/adapted-term.ts";
import { bindInputs, type TrainingInputs } from "../inputs/bind-inputs.ts";
import type { InputScene } from "../inputs/step-input.ts";
import { freezeLayers } from "../start/freeze-layers.ts";
import { frozenPatterns } from "../start/freezing.ts";
import { type LayerPatterns, layerPatterns } from "../start/layer-patterns.ts";
import { loadWeights } from "../start/load-weights.ts";
import type { StartWeights } from "../start/start-weights.ts";
import { toldValue } from "../step/step-body.ts";
import { type LayerOptions, weightSettings } from "../step/weight-settings.ts";
import { createLossMeter, type LossMeter } from "./loss-meter.ts";
import { createTrainState, type TrainState } from "./train-state.ts";

interface TensorsRequest extends LayerOptions {
  readonly context: Pick<StageContext, "tf" | "rng">;
  readonly source: InputScene["source"] & { readonly inputSize: ImageSize };
  readonly network: Network;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly accumulate?: number | undefined;
  readonly ema?: object | undefined;
  readonly start?: StartWeights | undefined;
  readonly fresh?: readonly string[] | undefined;
  /** The trainer's, which the truth may depend on. */
  readonly options?: object;
}

/** On while a step runs in which some layers are still frozen. */
export interface ThawSwitch {
  frozen: boolean;
}

/** Every tensor that lives through a whole training. */
export interface TrainingTensors {
  readonly built: BuiltNetwork;
  readonly inputs: TrainingInputs;
  readonly state: TrainState;
  readonly meter: LossMeter;
  /** There where layers are frozen at first. */
  readonly thaw: ThawSwitch | undefined;
  /** What was loaded of the weights to start from, a sentence. */
  readonly started: string | undefined;
  /** Of the terms that own layers or state, by term. */
  readonly lossParts: ReadonlyMap<string, OwnedLossParts>;
  dispose(): void;
}

/**
 * Builds the network and the loss terms' own parts from their seeds, loads the weights to start from, and makes zeros
 * for the optimizer and the meter.
 */
export function createTrainingTensors(request: TensorsRequest): TrainingTensors {
  const { context, source, network, objective, optimizer } = request;
  const { tf } = context;
  const classes = source.dataset.classNames.length;
  const { truth } = source.dataset.splits.train;
  const built = network.build({ imageSize: source.inputSize, classes, rng: context.rng("weights"), truth });
  const lossParts = new Map<string, OwnedLossParts>();
  const made: StateVariable[] = [];
  const dispose = (): void => {
    for (const parts of lossParts.values()) parts.dispose();
    for (const { variable } of made) variable.dispose();
    built.model.dispose();
  };
  try {
    const inputs = bindInputs(objective, { built, source, options: request.options ?? {} });
    for (const use of objective.terms) {
      const { name } = use;
      const { term, shapes } = adaptedTerm(tf, use, inputs);
      if (term.layers === undefined && term.state === undefined) continue;
      lossParts.set(name, createLossParts({ tf, name, term, shapes, rng: (stream) => context.rng(stream) }));
    }
    const lossWeights = [...lossParts.values()].flatMap(({ weights }) => weights.map(({ name }) => name));
    const patterns = layerPatterns(built, lossWeights);
    const settings = weightSettings(request, optimizer, patterns);
    const started = loadStart(request, built.model, patterns);
    const thaw = settings.thawing.size === 0 ? undefined : { frozen: false };
    freezeLayers(built.model, settings.frozen);
    freezeLayers(built.model, settings.thawing, () => thaw?.frozen === true);
    const gather = (request.accumulate ?? 1) > 1;
    const average = request.ema !== undefined;
    const state = createTrainState({ tf, model: built.model, optimizer, lossParts, settings, gather, average });
    made.push(...state.optimizerSlots, ...state.gathered, ...state.averageState);
    if (state.weights.every(({ thaws }) => thaws)) throw nothingLeft(request);
    const meter = createLossMeter(tf, ["loss", ...objective.terms.flatMap(valuesOfTerm)]);
    made.push(...meter.state);
    return { built, inputs, state, meter, thaw, started, lossParts, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** A term's value, and what it tells beside. */
function valuesOfTerm({ name, term }: Objective["terms"][number]): string[] {
  return [name, ...(term.told ?? []).map((told) => toldValue(name, told))];
}

function loadStart(request: TensorsRequest, model: BuiltNetwork["model"], patterns: LayerPatterns): string | undefined {
  const { context, source, start, fresh = [] } = request;
  if (start === undefined) return undefined;
  const { classNames } = source.dataset;
  return loadWeights({ tf: context.tf, model, start, classNames, fresh, patterns });
}

function nothingLeft({ freeze }: LayerOptions): KdflowError {
  const named = frozenPatterns(freeze).join(", ");
  return new KdflowError("KDF_TRAIN_LAYERS", `\`freeze: [${named}]\` leaves no weight to train`, {
    hint: "leave out what should learn, such as head",
    option: "/freeze",
  });
}
