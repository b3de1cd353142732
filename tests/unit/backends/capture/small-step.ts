import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, HostArray, HostState, Step, StepSpec, Tf } from "../../../../core/index.ts";
import { createEagerStep } from "../../../../plugins/backends/eager/eager-step.ts";
import { relativeError } from "../../../support/tolerances.ts";

/** What a loss under test is given. */
export interface SmallTensors {
  readonly tf: Tf;
  /** Real numbers between 0.1 and 0.9, `[batch, 4]`. */
  readonly x: Tensor;
  /** 0 to 3, `[batch]` int32. */
  readonly labels: Tensor;
  /** `[batch, 6, 6, 2]`, 0 to 255 */
  readonly pixels: Tensor;
  /** The only trained weight, `[4]`. */
  readonly weight: Variable;
}

export type SmallLoss = (tensors: SmallTensors) => Tensor;

export interface SmallStep extends Disposable {
  readonly step: Step;
  readonly weight: Variable;
}

interface SmallOptions {
  readonly loss: SmallLoss;
  /** The eager step of the same body instead. */
  readonly eager?: boolean;
  /** Takes the place of parts of the spec. */
  readonly changes?: Partial<StepSpec>;
  readonly batchSizes?: readonly number[];
}

export const startWeights: readonly number[] = [0.3, 0.5, 0.7, 0.9];
/** The name that messages call the loss under test by. */
export const author = 'loss term "tested"';

/** One weight, trained by gradient descent on the mean of what a loss gives. */
export async function smallStep(backend: Backend, options: SmallOptions): Promise<SmallStep> {
  const { tf } = backend;
  const { loss, eager = false, changes = {}, batchSizes = [4] } = options;
  const weight = tf.tidy(() => tf.variable(tf.tensor1d([...startWeights]), true));
  let running: string | undefined;
  const spec: StepSpec = {
    inputs: {
      x: { shape: [4], dtype: "float32" },
      labels: { shape: [], dtype: "int32" },
      pixels: { shape: [6, 6, 2], dtype: "uint8" },
    },
    scalars: ["learningRate", "termWeight"],
    state: [{ name: "weight", variable: weight }],
    body({ x, labels, pixels }, { learningRate, termWeight }) {
      const lossOf = (): Scalar => {
        const tensors = { tf, weight, x, labels, pixels: tf.cast(pixels as Tensor, "float32") } as SmallTensors;
        running = author;
        const value = tf.mean(loss(tensors));
        running = undefined;
        return tf.mul(value, termWeight as Scalar) as Scalar;
      };
      const { value, grads } = tf.variableGrads(lossOf, [weight]);
      weight.assign(tf.sub(weight, tf.mul(grads[weight.name] as Tensor, learningRate as Scalar)));
      return { loss: value };
    },
    predictInputs: ["x"],
    predict: ({ x }) => ({ weighted: tf.mul(x as Tensor, weight) }),
    author: () => running,
    example: { batch: smallBatch(batchSizes[0] ?? 1), batchSizes, scalars: smallScalars(0) },
    ...changes,
  };
  const step = eager ? createEagerStep(tf, spec) : await backend.createStep(spec);
  return {
    step,
    weight,
    [Symbol.dispose]() {
      step.dispose();
      tf.dispose(weight);
    },
  };
}

/** Real inputs that differ with `phase`. */
export function smallBatch(size: number, phase = 0): Record<string, HostArray> {
  return {
    x: Float32Array.from({ length: size * 4 }, (_, i) => 0.1 + 0.8 * Math.abs(Math.sin(i + 1 + phase))),
    labels: Int32Array.from({ length: size }, (_, i) => (3 * i + 3 + phase) % 4),
    pixels: Uint8Array.from({ length: size * 72 }, (_, i) => (i * 73 + phase * 31 + ((i * i) % 89)) % 256),
  };
}

export function smallScalars(step: number): { learningRate: number; termWeight: number } {
  return { learningRate: 0.1 / (1 + step), termWeight: 1 + 0.25 * step };
}

/** A loss that every network has: cross-entropy of `x · weight` with the labels. */
export const crossEntropy: SmallLoss = ({ tf, x, labels, weight }) =>
  tf.losses.softmaxCrossEntropy(tf.oneHot(labels as never, 4), tf.mul(x, weight));

/** Largest relative difference between a captured step's results and the eager one's. */
export const lossTolerance = 1e-6;
/** Largest ‖Δ‖ / ‖w‖ of one state tensor. */
export const stateTolerance = 1e-5;

export function expectSameState(actual: HostState, expected: HostState): void {
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, values] of expected) {
    expect.soft(normError(actual.get(name) ?? [], values), name).toBeLessThanOrEqual(stateTolerance);
  }
}

export function expectSameResults(
  actual: Readonly<Record<string, Float32Array>> | undefined,
  expected: Readonly<Record<string, Float32Array>> | undefined,
  tolerance: number = lossTolerance,
): void {
  expect(Object.keys(actual ?? {})).toEqual(Object.keys(expected ?? {}));
  for (const [name, values] of Object.entries(expected ?? {})) {
    expect.soft(relativeError(actual?.[name] ?? [], values), name).toBeLessThanOrEqual(tolerance);
  }
}

/** ‖actual − expected‖ / ‖expected‖ */
function normError(actual: ArrayLike<number>, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const difference = norm(expected.map((value, i) => (actual[i] ?? Number.NaN) - value));
  return difference === 0 ? 0 : difference / norm(expected);
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
