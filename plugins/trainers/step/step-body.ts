import type { LayersModel, Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs";
import {
  type LossParts,
  type Objective,
  type ObjectiveTerm,
  type Outputs,
  type StepBody,
  type StepSpec,
  type TensorSpec,
  withTargets,
} from "../../../core/index.ts";
import { adaptedInputs, adaptedTerm } from "../adapters/adapted-term.ts";
import type { TrainingInputs } from "../inputs/bind-inputs.ts";
import type { LossMeter } from "../loop/loss-meter.ts";
import type { ThawSwitch } from "../loop/training-tensors.ts";
import { checkedTerm, ifConnected, withoutGradient } from "./checked-terms.ts";
import { stepVariants } from "./step-variants.ts";
import { trainingForward } from "./training-forward.ts";
import { variableGradients } from "./variable-gradients.ts";
import { moveAverages } from "./weight-averages.ts";
import {
  gradientsOf,
  optimizerScalars,
  updateWeights,
  type WeightUpdateRequest,
  withGathered,
} from "./weight-update.ts";

export interface StepBodyRequest extends WeightUpdateRequest {
  readonly model: LayersModel;
  /** The model's outputs, in its order. */
  readonly outputs: Outputs;
  readonly objective: Objective;
  readonly meter: LossMeter;
  /** Whether biases and momentum have numbers of their own in each update. */
  readonly warms?: boolean;
  /** What the terms are given. */
  readonly inputs: TrainingInputs;
  /** There where layers are frozen at first. */
  readonly thaw?: ThawSwitch | undefined;
}

/** Name of the scalar that holds a term's weight. */
export function weightScalar(term: string): string {
  return `weight.${term}`;
}

/** Name of the step's scalar behind a scalar of a term's own. */
export function termScalar(term: string, scalar: string): string {
  return `scalar.${term}.${scalar}`;
}

/** Name of a number that a term tells beside its value. */
export function toldValue(term: string, name: string): string {
  return `${term}/${name}`;
}

/** Name of an input that a term's `prepare` fills. */
export function preparedInput(term: string, input: string): string {
  return `${term}.${input}`;
}

/**
 * Describes one training step for `createStep`: forward, loss terms, gradients, clipping, update, averages, meter.
 * Its variants are {@link stepVariants}.
 */
export function trainingStep(request: StepBodyRequest): StepSpec {
  const { tf, model, outputs, objective, optimizer, state, meter, thaw, warms = false } = request;
  const author = createAuthor();
  const usual = bodiesOf(request, author);
  const gathers = state.gathered.length > 0;
  const averages = state.averages.length > 0;
  return {
    inputs: inputSpecs(request),
    scalars: [
      ...["learningRate", "keep"],
      ...(warms ? ["biasRate"] : []),
      ...(warms && optimizer.momentum !== undefined ? ["momentum"] : []),
      ...(gathers ? ["gatheredKeep", "gradientShare"] : []),
      ...(averages ? ["averageShare"] : []),
      ...optimizerScalars(optimizer, state),
      ...objective.terms.flatMap(scalarNames),
    ],
    state: [
      ...[state.modelWeights, state.lossState, state.optimizerSlots].flat(),
      ...[state.gathered, state.averageState, meter.state].flat(),
    ],
    body: usual.update,
    variants: {
      [stepVariants.gather]: usual.gather,
      ...(thaw === undefined ? {} : frozenVariants(request, thaw, author)),
    },
    predictInputs: ["pixels"],
    predict({ pixels }) {
      const apply = () => model.apply(tf.cast(pixels as Tensor, "float32")) as Tensor | Tensor[];
      const given = [author.during(`network "${model.name}"`, apply)].flat();
      return Object.fromEntries(Object.keys(outputs).map((name, place) => [name, given[place] as Tensor]));
    },
    author: author.current,
  };
}

interface Bodies {
  /** Changes the weights. */
  readonly update: StepBody;
  /** Gathers the gradients. */
  readonly gather: StepBody;
}

function bodiesOf(request: StepBodyRequest, author: Author): Bodies {
  const { tf, state, meter } = request;
  const bodyWith =
    (use: (gradients: readonly Tensor[], scalars: Readonly<Record<string, Scalar>>) => void): StepBody =>
    (inputs, scalars) => {
      const values: Record<string, Scalar> = {};
      const variables = state.weights.map((weight) => weight.variable);
      const loss = (): Scalar => weightedLoss(request, inputs, scalars, values, author);
      const { value, grads } = withoutGradient(
        request.objective.terms.map(({ name }) => name),
        () => variableGradients(tf, loss, variables),
      );
      use(withGathered(request, gradientsOf(state, grads), scalars), scalars);
      const read = meter.add({ ...values, loss: value }, scalars["keep"] as Scalar);
      for (const term of Object.values(values)) term.dispose();
      return read;
    };
  return {
    update: bodyWith((gradients, scalars) => {
      author.during("optimizer", () => updateWeights(request, gradients, scalars));
      if (state.averages.length > 0) moveAverages(tf, state.averages, scalars["averageShare"] as Scalar);
    }),
    gather: bodyWith((gradients) => {
      state.weights.forEach(({ gathered }, i) => void gathered?.assign(gradients[i] as Tensor));
    }),
  };
}

/**
 * A body that measures and is not to be kept: averages and states of terms move as in a step, weights do not.
 *
 * @returns `norms` `[terms]`, of the gradient of each term times its weight in the network's trained weights; 0 for a
 *   term that reaches none of them
 */
export function gradientNorms(request: StepBodyRequest): StepBody {
  const { tf, objective, state } = request;
  const variables = state.weights.map(({ variable }) => variable);
  const ofNetwork = new Set(request.model.weights.map((weight) => weight.read().id));
  const own = variables.filter(({ id }) => ofNetwork.has(id));
  return (inputs, scalars) => {
    const norms = objective.terms.map((term) => {
      const values: Record<string, Scalar> = {};
      const alone = { ...request, objective: { ...objective, terms: [term] } };
      const loss = (): Scalar => weightedLoss(alone, inputs, scalars, values, createAuthor());
      const gradients = withoutGradient([term.name], () => ifConnected(() => variableGradients(tf, loss, own)));
      tf.dispose(values);
      if (gradients === undefined) return tf.scalar(0);
      const { value, grads } = gradients;
      const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)) as Scalar);
      tf.dispose([value, ...Object.values(grads)]);
      return tf.sqrt(tf.addN(squares));
    });
    return { norms: tf.stack(norms) };
  };
}

/** The bodies of the epochs in which some layers are frozen: these work as in inference and keep their weights. */
function frozenVariants(request: StepBodyRequest, thaw: ThawSwitch, author: Author): Record<string, StepBody> {
  const weights = request.state.weights.filter(({ thaws }) => !thaws);
  const { update, gather } = bodiesOf({ ...request, state: { ...request.state, weights } }, author);
  const frozen =
    (body: StepBody): StepBody =>
    (inputs, scalars) => {
      thaw.frozen = true;
      try {
        return body(inputs, scalars);
      } finally {
        thaw.frozen = false;
      }
    };
  return { [stepVariants.frozen]: frozen(update), [stepVariants.gatherFrozen]: frozen(gather) };
}

/** Keeps in mind whose code a step runs. */
interface Author {
  during<T>(name: string, work: () => T): T;
  readonly current: () => string | undefined;
}

function createAuthor(): Author {
  let now: string | undefined;
  return {
    during(name, work) {
      now = name;
      try {
        return work();
      } finally {
        now = undefined;
      }
    },
    current: () => now,
  };
}

function scalarNames({ name, term }: ObjectiveTerm): string[] {
  return [weightScalar(name), ...Object.keys(term.scalars ?? {}).map((scalar) => termScalar(name, scalar))];
}

function inputSpecs({ tf, model, objective, inputs }: StepBodyRequest): Readonly<Record<string, TensorSpec>> {
  const specs: Record<string, TensorSpec> = {
    pixels: { shape: (model.inputs[0]?.shape ?? []).slice(1) as number[], dtype: "uint8" },
    ...inputs.specs,
  };
  for (const use of objective.terms) {
    const { prepared } = adaptedTerm(tf, use, inputs);
    for (const [input, spec] of Object.entries(prepared)) specs[preparedInput(use.name, input)] = spec;
  }
  return specs;
}

/** For terms that own neither layers nor state. */
const noParts: LossParts = { layers: {}, state: {} };

/** The sum of all terms by weight, `[]`; leaves each term's plain value and what it tells in `values`, kept beyond the tape's scope. */
function weightedLoss(
  request: StepBodyRequest,
  fed: Readonly<Record<string, Tensor>>,
  scalars: Readonly<Record<string, Scalar>>,
  values: Record<string, Scalar>,
  author: Author,
): Scalar {
  const { tf, model, objective, state, inputs } = request;
  const pixels = tf.cast(fed["pixels"] as Tensor4D, "float32");
  const student = author.during(`network "${model.name}"`, () => trainingForward(tf, model, pixels, inputs.places));
  const constants = Object.entries(inputs.constants).map(([key, { values, shape }]) => [
    key,
    tf.tensor(values, [...shape]),
  ]);
  const tensors: Record<string, Tensor> = { ...fed, ...student, ...Object.fromEntries(constants) };
  const weighted = objective.terms.map(({ name, term }) => {
    const ownScalars: Record<string, Scalar> = {};
    for (const key of Object.keys(term.scalars ?? {})) ownScalars[key] = scalars[termScalar(name, key)] as Scalar;
    const parts = state.lossParts.get(name) ?? noParts;
    const value = author.during(`loss term "${name}"`, () => {
      const own = adaptedInputs(termTensors(name, inputs, tensors), parts);
      const terms = term.compute(withTargets(tf, term, own, ownScalars), ownScalars, parts, (told, number) => {
        values[toldValue(name, told)] = tf.keep(number);
      });
      return checkedTerm(tf, name, terms);
    });
    values[name] = tf.keep(value);
    return tf.mul(value, scalars[weightScalar(name)] as Scalar) as Scalar;
  });
  return tf.addN(weighted) as Scalar;
}

/** What one term is given, by its own names. */
function termTensors(
  term: string,
  { ofTerm }: TrainingInputs,
  tensors: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  const own: Record<string, Tensor> = {};
  for (const [name, { key }] of Object.entries(ofTerm.get(term) ?? {})) own[name] = tensors[key] as Tensor;
  const prepared = preparedInput(term, "");
  for (const [key, tensor] of Object.entries(tensors)) {
    if (key.startsWith(prepared)) own[key.slice(prepared.length)] = tensor;
  }
  return own;
}
