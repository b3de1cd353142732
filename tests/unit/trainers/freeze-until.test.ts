/** Layers that are frozen for some epochs and learn afterwards. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend, HostState, Step } from "../../../core/index.ts";
import { createTestContext } from "../../../core/testing/index.ts";
import { adam } from "../../../plugins/optimizers/adam.ts";
import { frozenEpochs } from "../../../plugins/trainers/start/freezing.ts";
import { nativeReason } from "../../support/backend.ts";
import { relativeError } from "../../support/tolerances.ts";
import { type HintPlan, type HintTraining, openHintTraining } from "./hint-training.ts";
import { normedNetwork } from "./normed-network.ts";

let training: HintTraining;

beforeAll(async () => {
  training = await openHintTraining();
});

afterAll(() => training[Symbol.asyncDispose]());

const learningRate = 0.01;

function planOf({ tf }: Backend): HintPlan {
  const options = { learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };
  return {
    hardAlone: true,
    batchSize: 8,
    changes: {
      network: normedNetwork(tf),
      optimizer: adam.create(options as never, createTestContext({ tf })) as never,
      freeze: { layers: ["stage1"], until: 2 },
      accumulate: 2,
      ema: { decay: 0.9, warmUp: false },
    },
  };
}

/** A way to make steps that notes the state before each step and at the end. */
function noting(states: HostState[], variants: unknown[] = []): Backend["createStep"] {
  return async (spec) => {
    const step = await training.backend.createStep(spec);
    states.push(await step.readState());
    const run: Step["run"] = async (batch, size, scalars, options) => {
      const results = await step.run(batch, size, scalars, options);
      states.push(await step.readState());
      variants.push(options.variant);
      return results;
    };
    return { ...step, run };
  };
}

test("weights, slots and running averages stay until the epoch, and all learn afterwards", async () => {
  const states: HostState[] = [];
  const variants: unknown[] = [];
  (await training.train({ ...planOf(training.backend), createStep: noting(states, variants) })).dispose();
  const { stepsPerEpoch } = training;
  const [start, thawed, end] = [0, 2 * stepsPerEpoch, 3 * stepsPerEpoch].map((step) => states[step]);
  const stem = [...(start?.keys() ?? [])].filter((name) => name.includes("stem/"));
  expect(stem.length).toBeGreaterThan(5 + 2 * 3);
  for (const name of stem) {
    expect(thawed?.get(name), name).toEqual(start?.get(name));
    expect(end?.get(name), name).not.toEqual(start?.get(name));
  }
  expect(thawed?.get("model/block/conv/kernel")).not.toEqual(start?.get("model/block/conv/kernel"));
  // 4 batches of 32 samples, two for an update
  const epoch = (gather: string, last: string | undefined) => [gather, last, gather, last];
  const frozen = epoch("gather-frozen", "frozen");
  expect(variants).toEqual([...frozen, ...frozen, ...epoch("gather", undefined)]);
});

test("adam counts the updates of thawed weights from their own first: it moves each by the learning rate", async () => {
  const states: HostState[] = [];
  (await training.train({ ...planOf(training.backend), createStep: noting(states) })).dispose();
  const kernelBefore = (step: number) => states[step]?.get("model/stem/conv/kernel") ?? [];
  const before = kernelBefore(2 * training.stepsPerEpoch);
  // the first update is after the second batch
  const after = kernelBefore(2 * training.stepsPerEpoch + 2);
  // 3×3 pixels, 1 channel, 3 filters
  expect([before.length, after.length]).toEqual([27, 27]);
  for (const [i, value] of before.entries()) {
    expect(Math.abs((after[i] ?? 0) - value) / learningRate).toBeCloseTo(1, 2);
  }
});

test("frozen batch norms work as in inference, and thawed ones as in training", async () => {
  const states: HostState[] = [];
  const { changes } = planOf(training.backend);
  const all = { layers: ["backbone"], until: 1 };
  const plan = { hardAlone: true, batchSize: 8, epochs: 2, changes: { ...changes, freeze: all } };
  (await training.train({ ...plan, createStep: noting(states) })).dispose();
  const moving = states.map((state) => String(state.get("model/block/norm/moving_mean")));
  const changed = moving.slice(1).map((mean, step) => mean !== moving[step]);
  expect(changed).toEqual(changed.map((_, step) => step >= training.stepsPerEpoch));
});

test.each(["frozen", "thawed"])(
  "a training that was killed while layers were %s ends in the same bytes",
  async (when) => {
    const undisturbed = await training.filesOf(await training.train(planOf(training.backend)));
    const checkpoints = training.checkpointStore();
    const controller = new AbortController();
    const killedAt = when === "frozen" ? training.stepsPerEpoch + 1 : 2 * training.stepsPerEpoch + 1;
    let runs = 0;
    const createStep: Backend["createStep"] = async (spec) => {
      const step = await training.backend.createStep(spec);
      const run: Step["run"] = (...args) => {
        if (++runs === killedAt) controller.abort(new Error("stop"));
        return step.run(...args);
      };
      return { ...step, run };
    };
    const killed = training.train({
      ...planOf(training.backend),
      checkpoints,
      signal: controller.signal,
      createStep,
    });
    await expect(killed).rejects.toThrow("stop");
    const variants: unknown[] = [];
    const resumed = await training.train({
      ...planOf(training.backend),
      checkpoints,
      createStep: noting([], variants),
    });
    expect(variants.includes("frozen")).toBe(when === "frozen");
    expect(await training.filesOf(resumed)).toEqual(undisturbed);
  },
);

test("the step is captured with both ways, to the same numbers", async (context) => {
  const reason = await nativeReason();
  if (reason !== undefined) return context.skip(reason);
  await using native = await openHintTraining("tensorflow");
  const modes: unknown[] = [];
  const trained = async (eager: boolean) => {
    const model = await native.train({
      ...planOf(native.backend),
      createStep: async ({ example, ...spec }) => {
        const step = await native.backend.createStep({ ...spec, ...(example && !eager && { example }) });
        modes.push(step.mode, step.eagerReason);
        return step;
      },
    });
    const weights = model.built.model.weights.map((weight) => [weight.originalName, weight.read().dataSync()] as const);
    model.dispose();
    return new Map(weights);
  };
  const captured = await trained(false);
  const eager = await trained(true);
  expect(modes).toEqual(["captured", undefined, "eager", undefined]);
  for (const [name, values] of eager) {
    expect.soft(relativeError(captured.get(name) ?? [], values), name).toBeLessThanOrEqual(1e-4);
  }
});

test("what leaves nothing to train at first is refused, and nothing stays in memory", async () => {
  const { tf } = training.backend;
  const run = (layers: string[]) =>
    training.train({
      ...planOf(training.backend),
      epochs: 1,
      changes: { network: normedNetwork(tf), freeze: { layers, until: 1 } },
    });
  (await run(["stage1"])).dispose();
  const before = tf.memory().numTensors;
  (await run(["stage1"])).dispose();
  expect(tf.memory().numTensors).toBe(before);
  await expect(run(["backbone", "head"])).rejects.toMatchObject({
    code: "KDF_TRAIN_LAYERS",
    message: "`freeze: [backbone, head]` leaves no weight to train",
  });
  expect(tf.memory().numTensors).toBe(before);
});

test("`until` counts epochs, and below 1 a share of them, one at least", () => {
  const until = (value: number) => frozenEpochs({ layers: ["stem"], until: value }, 10);
  expect([3, 12, 0.25, 0.3, 0.01].map(until)).toEqual([3, 12, 3, 3, 1]);
  expect(frozenEpochs(["stem"], 10)).toBe(0);
});
