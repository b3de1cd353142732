import { afterEach, describe, expect, test } from "vitest";
import type { CreateContext, Optimizer } from "../../../core/index.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import type { OptimizersSgdOptions } from "../../../plugins/options.ts";
import { testBackend } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";

const { tf } = await testBackend();
const defaults: OptimizersSgdOptions = { learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 5e-4 };
const start = [1, -2, 0.5];
const learningRates = [0.05, 0.05, 0.02, 0.02, 0.001];

afterEach(() => tf.disposeVariables());

/** Gradient of a bowl that is not round, so that every step gets another one. */
function gradientAt(weights: readonly number[]): number[] {
  return weights.map((weight, i) => (i + 1) * weight - 0.3);
}

/** PyTorch's SGD in float64; its first velocity is the gradient, as from a velocity of zero. */
function sgd64(options: OptimizersSgdOptions, decay: boolean): number[] {
  let weights = [...start];
  let velocity = weights.map(() => 0);
  for (const rate of learningRates) {
    const gradient = gradientAt(weights).map((g, i) => g + (decay ? options.weightDecay * (weights[i] ?? 0) : 0));
    velocity = velocity.map((v, i) => options.momentum * v + (gradient[i] ?? 0));
    weights = weights.map((weight, i) => {
      const [g, v] = [gradient[i] ?? 0, velocity[i] ?? 0];
      return weight - rate * (options.nesterov ? g + options.momentum * v : v);
    });
  }
  return weights;
}

async function create(options: OptimizersSgdOptions): Promise<Optimizer> {
  return sgd.create(options as never, { tf } as unknown as CreateContext);
}

async function run(options: OptimizersSgdOptions, decay = true): Promise<number[]> {
  const optimizer = await create(options);
  const weight = tf.variable(tf.tensor1d(start));
  const slots = Object.fromEntries(optimizer.slots.map((name) => [name, tf.variable(tf.zerosLike(weight))]));
  for (const rate of learningRates) {
    tf.tidy(() => {
      const gradient = tf.tensor1d(gradientAt([...weight.dataSync()]));
      optimizer.apply({
        weight,
        gradient,
        slots,
        learningRate: tf.scalar(rate),
        scalars: {},
        weightDecay: decay ? options.weightDecay : 0,
      });
    });
  }
  return [...weight.dataSync()];
}

describe("sgd follows the float64 oracle of PyTorch over several steps", () => {
  test.each<[string, OptimizersSgdOptions]>([
    ["with default options", defaults],
    ["with Nesterov's look-ahead", { ...defaults, nesterov: true }],
    ["without momentum", { ...defaults, momentum: 0 }],
    ["without weight decay", { ...defaults, weightDecay: 0 }],
    ["with strong weight decay", { ...defaults, weightDecay: 0.5, nesterov: true }],
  ])("%s", async (_name, options) => {
    expect(relativeError(await run(options), sgd64(options, true))).toBeLessThanOrEqual(tolerances.value);
  });

  test("without decay for variables of the no-decay group", async () => {
    const options = { ...defaults, weightDecay: 0.5 };

    expect(relativeError(await run(options, false), sgd64(options, false))).toBeLessThanOrEqual(tolerances.value);
    expect(relativeError(await run(options, false), sgd64(options, true))).toBeGreaterThan(0.01);
  });
});

describe("sgd", () => {
  test("has one slot with momentum and none without", async () => {
    expect((await create(defaults)).slots).toEqual(["velocity"]);
    expect((await create({ ...defaults, momentum: 0 })).slots).toEqual([]);
  });

  test("names its base learning rate", async () => {
    expect((await create({ ...defaults, learningRate: 0.2 })).learningRate).toBe(0.2);
  });

  test("leaves no tensor behind", async () => {
    const optimizer = await create({ ...defaults, nesterov: true });
    const weight = tf.variable(tf.tensor1d(start));
    const velocity = tf.variable(tf.zerosLike(weight));
    const update = {
      weight,
      gradient: tf.tensor1d(start),
      slots: { velocity },
      learningRate: tf.scalar(0.1),
      scalars: {},
      weightDecay: 5e-4,
    };
    optimizer.apply(update);
    const before = tf.memory().numTensors;

    optimizer.apply(update);

    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([update.gradient, update.learningRate]);
  });
});
