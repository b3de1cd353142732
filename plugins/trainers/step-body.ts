import type { LayersModel, Scalar, Tensor, Tensor4D, Variable } from "@tensorflow/tfjs";
import {
  KdflowError,
  type LossParts,
  type LossShapes,
  type Objective,
  type ObjectiveTerm,
  type Optimizer,
  type StepSpec,
  type TensorSpec,
  type Tf,
} from "../../core/index.ts";
import type { LossMeter } from "./loss-meter.ts";
import type { TrainState } from "./train-state.ts";

export interface StepBodyRequest {
  readonly tf: Tf;
  readonly model: LayersModel;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly state: TrainState;
  readonly meter: LossMeter;
  readonly classes: number;
  /** Whether rows have a second label and a share. */
  readonly mixes?: boolean;
  /** `[classes]`, or `undefined` where all classes weigh the same. */
  readonly classWeights?: Float32Array | undefined;
  /** Global norm that gradients are scaled down to, or `undefined` for no clipping. */
  readonly clipNorm: number | undefined;
}

type InputsRequest = Pick<StepBodyRequest, "model" | "objective" | "classes" | "mixes">;

/** Name of the scalar that holds a term's weight. */
export function weightScalar(term: string): string {
  return `weight.${term}`;
}

/** Name of the step's scalar behind a scalar of a term's own. */
export function termScalar(term: string, scalar: string): string {
  return `scalar.${term}.${scalar}`;
}

/** Name of an input that a term's `prepare` fills. */
export function preparedInput(term: string, input: string): string {
  return `${term}.${input}`;
}

/** Describes one training step for `createStep`: forward, loss terms, gradients, clipping, update, meter. */
export function trainingStep(request: StepBodyRequest): StepSpec {
  const { tf, model, objective, state, meter } = request;
  const author = createAuthor();
  return {
    inputs: inputSpecs(request),
    scalars: ["learningRate", "keep", ...objective.terms.flatMap(scalarNames)],
    state: [...state.modelWeights, ...state.lossState, ...state.optimizerSlots, ...meter.state],
    body(inputs, scalars) {
      const values: Record<string, Scalar> = {};
      const { value, grads } = tf.variableGrads(
        () => weightedLoss(request, inputs, scalars, values, author),
        state.weights.map((weight) => weight.variable),
      );
      const gradients = clip(tf, gradientsOf(state, grads), request.clipNorm);
      author.during("optimizer", () => applyUpdates(request, gradients, scalars));
      const read = meter.add({ ...values, loss: value }, scalars["keep"] as Scalar);
      for (const term of Object.values(values)) term.dispose();
      return read;
    },
    predictInputs: ["pixels"],
    predict: ({ pixels }) => ({
      logits: author.during(
        `network "${model.name}"`,
        () => model.apply(tf.cast(pixels as Tensor, "float32")) as Tensor,
      ),
    }),
    author: author.current,
  };
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

/** Shapes of the inputs of one term, as its `layers` and `state` are asked with. */
export function lossShapes({ model, objective, classes }: InputsRequest, { needs, term }: ObjectiveTerm): LossShapes {
  const known: Record<string, readonly number[]> = { studentLogits: [classes] };
  for (const [name, { shape }] of Object.entries(inputSpecs({ model, objective, classes }))) known[name] = shape;
  const shapes: Record<string, readonly number[]> = {};
  for (const name of needs) if (known[name] !== undefined) shapes[name] = known[name];
  for (const [name, { shape }] of Object.entries(term.prepared ?? {})) shapes[name] = shape;
  return shapes;
}

function scalarNames({ name, term }: ObjectiveTerm): string[] {
  return [weightScalar(name), ...Object.keys(term.scalars ?? {}).map((scalar) => termScalar(name, scalar))];
}

function inputSpecs({ model, objective, classes, mixes }: InputsRequest): Readonly<Record<string, TensorSpec>> {
  const specs: Record<string, TensorSpec> = {
    pixels: { shape: (model.inputs[0]?.shape ?? []).slice(1) as number[], dtype: "uint8" },
    labels: { shape: [], dtype: "int32" },
  };
  if (mixes === true) {
    specs["secondLabels"] = { shape: [], dtype: "int32" };
    specs["labelShares"] = { shape: [], dtype: "float32" };
  }
  if (objective.terms.some((term) => term.needs.includes("teacherLogits"))) {
    specs["teacherLogits"] = { shape: [classes], dtype: "float32" };
  }
  for (const { name, term } of objective.terms) {
    for (const [input, spec] of Object.entries(term.prepared ?? {})) specs[preparedInput(name, input)] = spec;
  }
  return specs;
}

/** For terms that own neither layers nor state. */
const noParts: LossParts = { layers: {}, state: {} };

/** The sum of all terms by weight, `[]`; leaves each term's plain value in `values`, kept beyond the tape's scope. */
function weightedLoss(
  { tf, model, objective, state, classWeights }: StepBodyRequest,
  inputs: Readonly<Record<string, Tensor>>,
  scalars: Readonly<Record<string, Scalar>>,
  values: Record<string, Scalar>,
  author: Author,
): Scalar {
  const pixels = tf.cast(inputs["pixels"] as Tensor4D, "float32");
  const studentLogits = author.during(
    `network "${model.name}"`,
    () => model.apply(pixels, { training: true }) as Tensor,
  );
  // A constant of the step: the same for every row and every batch.
  const ofClasses = classWeights === undefined ? {} : { classWeights: tf.tensor1d(classWeights) };
  const weighted = objective.terms.map(({ name, term }) => {
    const own: Record<string, Tensor> = { ...inputs, ...ofClasses, studentLogits };
    for (const input of Object.keys(term.prepared ?? {})) own[input] = inputs[preparedInput(name, input)] as Tensor;
    const ownScalars: Record<string, Scalar> = {};
    for (const key of Object.keys(term.scalars ?? {})) ownScalars[key] = scalars[termScalar(name, key)] as Scalar;
    const parts = state.lossParts.get(name) ?? noParts;
    const value = author.during(`loss term "${name}"`, () => term.compute(own, ownScalars, parts));
    values[name] = tf.keep(value);
    return tf.mul(value, scalars[weightScalar(name)] as Scalar) as Scalar;
  });
  return tf.addN(weighted) as Scalar;
}

function gradientsOf(state: TrainState, grads: Readonly<Record<string, Tensor>>): Tensor[] {
  const missing = state.weights.filter((weight) => grads[weight.variable.name] === undefined);
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map((weight) => `"${weight.name}"`);
    throw new KdflowError(
      "KDF_TRAIN_NO_GRADIENT",
      `no gradient reaches ${missing.length} of ${state.weights.length} trained weights: ${names.join(", ")}`,
      {
        hint: "the loss must depend on every trained layer; a plugin's layer or loss may use an operation without a gradient",
      },
    );
  }
  return state.weights.map((weight) => grads[weight.variable.name] as Tensor);
}

/** Scales all gradients by min(1, clipNorm / ‖g‖), as torch.nn.utils.clip_grad_norm_ does. */
function clip(tf: Tf, gradients: readonly Tensor[], clipNorm: number | undefined): readonly Tensor[] {
  if (clipNorm === undefined) return gradients;
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(squares));
  // torch adds 1e-6 to the norm so that a zero gradient does not divide by zero
  const factor = tf.minimum(tf.div(clipNorm, tf.add(norm, 1e-6)), 1);
  return gradients.map((gradient) => tf.mul(gradient, factor));
}

function applyUpdates(
  { optimizer, state }: StepBodyRequest,
  gradients: readonly Tensor[],
  scalars: Readonly<Record<string, Scalar>>,
): void {
  state.weights.forEach(({ variable, slots, decay }, i) => {
    const gradient = gradients[i] as Tensor;
    const learningRate = scalars["learningRate"] as Scalar;
    optimizer.apply({ weight: variable as Variable, gradient, slots, learningRate, decay });
  });
}
