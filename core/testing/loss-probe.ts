import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../contracts/backend.ts";
import { type LossOutputs, type LossShapes, type LossTerm, preparedInputs } from "../contracts/loss-term.ts";
import { createLossParts, type LossWeight, type OwnedLossParts } from "../tensors/loss-parts.ts";
import { withTargets } from "../tensors/off-tape.ts";
import { createRng } from "../tensors/rng.ts";
import type { HostInputs } from "./loss-inputs.ts";

/** Epochs of the run that the check imagines; scalars have their values of its start. */
export const probeEpochs = 10;

/** A loss term with parts of its own, asked one question at a time; every question meets the parts' initial values. */
export interface LossProbe {
  readonly parts: OwnedLossParts;
  /** The term's value and its shape; `targets` are those of other inputs where these are given. */
  evaluate(inputs: HostInputs, targetsOf?: HostInputs): { readonly value: number; readonly shape: readonly number[] };
  /** The value of the second of two steps on the same inputs: what the term kept from the first is in it. */
  evaluateTwice(inputs: HostInputs): number;
  /** The value with other numbers in a weight. */
  evaluateMoved(inputs: HostInputs, weight: LossWeight, values: Float32Array): number;
  /** The gradient in one input, or why there is none. */
  inputGradient(inputs: HostInputs, name: string): Float32Array | string;
  /** The gradient in one weight of the term's layers, or why there is none. */
  weightGradient(inputs: HostInputs, weight: LossWeight): Float32Array | string;
  dispose(): void;
}

type Tensors = Readonly<Record<string, Tensor>>;

/** @param inputs tell the shapes that the term's layers and state are made for */
export function createLossProbe(tf: Tf, term: LossTerm, inputs: HostInputs, outputs: LossOutputs = {}): LossProbe {
  const parts = createParts(tf, term, inputs, outputs);
  const start = [...parts.weights, ...parts.variables].map(({ variable }) => {
    return { variable, values: Float32Array.from(variable.dataSync()) };
  });
  const reset = (): void => {
    for (const { variable, values } of start) {
      tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(values), variable.shape, "float32")));
    }
  };
  const compute = (tensors: Tensors, targetsOf: Tensors = tensors): Scalar => {
    const scalars = scalarsOf(tf, term);
    return term.compute({ ...withTargets(tf, term, targetsOf, scalars), ...tensors }, scalars, parts);
  };
  const value = (given: HostInputs, targetsOf = given): { value: number; shape: number[] } => {
    const result: Tensor = tf.tidy(() =>
      compute(tensorsOf(tf, term, given, outputs), tensorsOf(tf, term, targetsOf, outputs)),
    );
    const [number = Number.NaN] = result.dataSync();
    result.dispose();
    return { value: number, shape: result.shape };
  };
  const fresh = <T>(ask: () => T): T => {
    reset();
    const answer = ask();
    reset();
    return answer;
  };
  return {
    parts,
    evaluate: (given, targetsOf) => fresh(() => value(given, targetsOf)),
    evaluateTwice: (given) =>
      fresh(() => {
        value(given);
        return value(given).value;
      }),
    evaluateMoved: (given, { variable }, values) =>
      fresh(() => {
        tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, "float32")));
        return value(given).value;
      }),
    inputGradient: (given, name) =>
      fresh(() =>
        gradient(tf, () => {
          const tensors = tensorsOf(tf, term, given, outputs);
          return tf.grad((x) => compute({ ...tensors, [name]: x }))(tensors[name] as Tensor);
        }),
      ),
    weightGradient: (given, { variable }) =>
      fresh(() =>
        gradient(tf, () => {
          const tensors = tensorsOf(tf, term, given, outputs);
          const { grads } = tf.variableGrads(() => compute(tensors), [variable]);
          return grads[variable.name] as Tensor;
        }),
      ),
    dispose: () => parts.dispose(),
  };
}

/** The term's parts as a training would make them, the same in every call. */
export function createParts(tf: Tf, term: LossTerm, inputs: HostInputs, outputs: LossOutputs = {}): OwnedLossParts {
  const shapes: Record<string, readonly number[]> = { ...shapesOf(inputs) };
  for (const [name, { shape }] of Object.entries(preparedInputs(term, shapes, outputs))) shapes[name] = shape;
  return createLossParts({ tf, name: "term", term, shapes, rng: (stream) => createRng(0, stream) });
}

function shapesOf(inputs: HostInputs): LossShapes {
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, withoutBatch(name, shape)]));
}

/** Class weights are one list for all rows. */
function withoutBatch(name: string, shape: readonly number[]): readonly number[] {
  return name === "classWeights" ? shape : shape.slice(1);
}

function gradient(tf: Tf, compute: () => Tensor): Float32Array | string {
  try {
    const result = tf.tidy(compute);
    const values = Float32Array.from(result.dataSync());
    result.dispose();
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function scalarsOf(tf: Tf, term: LossTerm): Record<string, Scalar> {
  const values = Object.entries(term.scalars ?? {});
  return Object.fromEntries(values.map(([name, at]) => [name, tf.scalar(at(0, probeEpochs), "float32")]));
}

function tensorsOf(tf: Tf, term: LossTerm, inputs: HostInputs, outputs: LossOutputs): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, { shape, dtype, values }] of Object.entries(inputs)) {
    tensors[name] = tf.tensor(values, [...shape], dtype);
  }
  const size = Object.values(inputs)[0]?.shape[0] ?? 0;
  const indices = Int32Array.from({ length: size }, (_, index) => index);
  const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.values]));
  const hostBatch = { inputs: values, indices, size };
  const prepared = term.prepare?.(hostBatch, createRng(0, "prepare"), outputs) ?? {};
  const specs = preparedInputs(term, shapesOf(inputs), outputs);
  for (const [name, values] of Object.entries(prepared)) {
    const spec = specs[name];
    if (spec === undefined) throw new Error(`prepare fills "${name}", which \`prepared\` does not declare`);
    tensors[name] = tf.tensor(values, [size, ...spec.shape], spec.dtype === "float32" ? "float32" : "int32");
  }
  return tensors;
}
