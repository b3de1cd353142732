import { afterEach, describe, expect, test } from "vitest";
import type { CreateContext, Optimizer } from "../../../core/index.ts";
import { adam } from "../../../plugins/optimizers/adam.ts";
import { adamw } from "../../../plugins/optimizers/adamw.ts";
import type { OptimizersAdamOptions } from "../../../plugins/options.ts";
import { testBackend } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";

const { tf } = await testBackend();
const defaults: OptimizersAdamOptions = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
};
const providers = { adam, adamw };
const start = [1, -2, 0.5];
const learningRates = [0.05, 0.05, 0.02, 0.02, 0.001];

afterEach(() => tf.disposeVariables());

/** Gradient of a bowl that is not round; the last one is so small that ε counts. */
function gradientAt(weights: readonly number[]): number[] {
  return weights.map((weight, i) => (i === 2 ? 1e-8 * weight : (i + 1) * weight - 0.3));
}

/** `torch.optim.Adam` and `AdamW` of one tensor, in float64, in PyTorch's own order. */
function torch64(name: "adam" | "adamw", { beta1, beta2, epsilon, weightDecay }: OptimizersAdamOptions): number[] {
  let weights = [...start];
  let mean = weights.map(() => 0);
  let square = weights.map(() => 0);
  for (const [i, rate] of learningRates.entries()) {
    let gradient = gradientAt(weights);
    if (name === "adam") gradient = gradient.map((g, j) => g + weightDecay * (weights[j] ?? 0));
    else weights = weights.map((weight) => weight * (1 - rate * weightDecay));
    mean = mean.map((m, j) => beta1 * m + (1 - beta1) * (gradient[j] ?? 0));
    square = square.map((v, j) => beta2 * v + (1 - beta2) * (gradient[j] ?? 0) ** 2);
    const stepSize = rate / (1 - beta1 ** (i + 1));
    const root = Math.sqrt(1 - beta2 ** (i + 1));
    weights = weights.map((weight, j) => {
      return weight - (stepSize * (mean[j] ?? 0)) / (Math.sqrt(square[j] ?? 0) / root + epsilon);
    });
  }
  return weights;
}

function create(name: "adam" | "adamw", options: OptimizersAdamOptions): Optimizer {
  return providers[name].create(options as never, { tf } as unknown as CreateContext) as Optimizer;
}

function run(name: "adam" | "adamw", options: OptimizersAdamOptions): number[] {
  const optimizer = create(name, options);
  const weight = tf.tidy(() => tf.variable(tf.tensor1d(start)));
  const zeros = () => tf.tidy(() => tf.variable(tf.zerosLike(weight)));
  const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, zeros()]));
  for (const [i, rate] of learningRates.entries()) {
    tf.tidy(() => {
      const gradient = tf.tensor1d(gradientAt([...weight.dataSync()]));
      const given = Object.entries(optimizer.scalars?.(i + 1) ?? {});
      const scalars = Object.fromEntries(given.map(([key, value]) => [key, tf.scalar(value)]));
      const { weightDecay = 0 } = optimizer;
      optimizer.apply({ weight, gradient, slots, learningRate: tf.scalar(rate), scalars, weightDecay });
    });
  }
  return [...weight.dataSync()];
}

describe.each(["adam", "adamw"] as const)("%s follows PyTorch in float64 over several steps", (name) => {
  test.each<[string, Partial<OptimizersAdamOptions>]>([
    ["with default options", {}],
    ["without weight decay", { weightDecay: 0 }],
    ["with strong weight decay", { weightDecay: 0.5 }],
    ["with other moments", { beta1: 0.5, beta2: 0.98 }],
    ["without a mean of the gradient", { beta1: 0 }],
    ["with an epsilon that counts", { epsilon: 0.01 }],
  ])("%s", (_title, changes) => {
    const options = { ...defaults, ...changes };
    expect(relativeError(run(name, options), torch64(name, options))).toBeLessThanOrEqual(tolerances.value);
  });

  test("and leaves no tensor behind", () => {
    run(name, defaults);
    tf.disposeVariables();
    const before = tf.memory().numTensors;
    run(name, defaults);
    tf.disposeVariables();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("decay in the gradient and beside it are two things", () => {
  const options = { ...defaults, weightDecay: 0.5 };
  expect(relativeError(run("adamw", options), torch64("adam", options))).toBeGreaterThan(0.01);
});

test("the step count is no constant: corrections fade with the number of the update", () => {
  const { scalars } = create("adam", defaults);
  // √(1 − 0.999) / (1 − 0.9), and later √(1 − 0.999¹⁰⁰⁰) / (1 − 0.9¹⁰⁰⁰)
  expect(scalars?.(1)["stepFactor"]).toBeCloseTo(Math.sqrt(0.001) / 0.1, 5);
  expect(scalars?.(1000)["stepFactor"]).toBeCloseTo(Math.sqrt(1 - 0.999 ** 1000), 5);
  expect(scalars?.(1000)["epsilon"]).toBeCloseTo(1e-8 * Math.sqrt(1 - 0.999 ** 1000), 12);
});
