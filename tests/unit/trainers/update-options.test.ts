/** Accumulation, averages, early stop, frozen layers and groups in the real training loop. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend, HostState, Optimizer, Step, StepSpec } from "../../../core/index.ts";
import { createTestContext } from "../../../core/testing/index.ts";
import { adamw } from "../../../plugins/optimizers/adamw.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import type { TrainedNetwork } from "../../../plugins/trainers/loop/training-loop.ts";
import { nativeReason } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { type HintPlan, type HintTraining, openHintTraining } from "./hint-training.ts";
import { normedNetwork } from "./normed-network.ts";

let training: HintTraining;
let backend: Backend;

beforeAll(async () => {
  training = await openHintTraining();
  ({ backend } = training);
});

afterAll(() => training[Symbol.asyncDispose]());

function sgdOf(options: object, { tf } = backend): Optimizer {
  const all = { learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0, ...options };
  return sgd.create(all as never, createTestContext({ tf })) as Optimizer;
}

function adamwOf({ tf }: Backend): Optimizer {
  const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };
  return adamw.create(options as never, createTestContext({ tf })) as Optimizer;
}

/** Trains and gives the network's weights by name. */
async function weightsOf(plan: HintPlan, on = training): Promise<Record<string, Float32Array>> {
  const trained = await on.train({ hardAlone: true, ...plan });
  const weights = namedWeights(trained);
  trained.dispose();
  return weights;
}

function namedWeights({ built }: TrainedNetwork): Record<string, Float32Array> {
  return Object.fromEntries(
    built.model.weights.map((weight) => [weight.originalName, weight.read().dataSync() as Float32Array]),
  );
}

/** A way to make steps that notes the state after each. */
function noting(states: HostState[], sizes: number[] = [], on = backend): Backend["createStep"] {
  return async (spec: StepSpec): Promise<Step> => {
    const step = await on.createStep(spec);
    states.push(await step.readState());
    return {
      ...step,
      async run(batch, size, scalars, options) {
        const results = await step.run(batch, size, scalars, options);
        states.push(await step.readState());
        sizes.push(size);
        return results;
      },
    };
  };
}

const everything = (on: Backend): NonNullable<HintPlan["changes"]> => ({
  accumulate: 2,
  ema: { decay: 0.9, warmUp: true },
  warmUp: { epochs: 3, biasRate: 10, momentum: 0.8 },
  optimizer: adamwOf(on),
  network: normedNetwork(on.tf),
  groups: [{ match: "head", learningRate: 2, weightDecay: 0 }],
});

describe("accumulate", () => {
  test("two batches of an update are one of twice the size, the cut-off last group included", async () => {
    const apart = await weightsOf({ batchSize: 5, changes: { accumulate: 3 } });
    const together = await weightsOf({ batchSize: 15 });
    const single = await weightsOf({ batchSize: 5 });
    for (const [name, values] of Object.entries(together)) {
      expect(relativeError(apart[name] ?? [], values), name).toBeLessThanOrEqual(tolerances.value);
      expect(relativeError(single[name] ?? [], values), name).toBeGreaterThan(1e-2);
    }
  });

  test("weights change after the last batch of a group alone, and clipping sees the whole group", async () => {
    const states: HostState[] = [];
    const sizes: number[] = [];
    await weightsOf({ batchSize: 5, epochs: 1, createStep: noting(states, sizes), changes: { accumulate: 3 } });
    const kernels = states.map((state) => String(state.get("model/logits/kernel")));
    const changed = kernels.slice(1).map((kernel, i) => kernel !== kernels[i]);
    expect(changed).toEqual(changed.map((_, step) => step % 3 === 2 || step === changed.length - 1));
    const clipped = { accumulate: 3, clipNorm: 0.01 };
    const together = await weightsOf({ batchSize: 15, changes: { clipNorm: 0.01 } });
    const apart = await weightsOf({ batchSize: 5, changes: clipped });
    expect(relativeError(apart["logits/kernel"] ?? [], together["logits/kernel"] ?? [])).toBeLessThan(tolerances.value);
  });
});

describe("ema", () => {
  test("follows the formula with timm's warm-up, running averages of batch norms included", async () => {
    const states: HostState[] = [];
    const changes = { ...everything(backend), ema: { decay: 0.3, warmUp: true }, accumulate: 1 };
    await weightsOf({ createStep: noting(states), epochs: 2, changes });
    const [start = new Map<string, Float32Array>(), ...after] = states;
    for (const name of ["logits/kernel", "stem/conv/kernel", "block/norm/moving_variance"]) {
      const average = Float64Array.from(start.get(`model/${name}`) ?? []);
      for (const [n, state] of after.entries()) {
        const kept = Math.min(0.3, (1 + n) / (10 + n));
        const now = state.get(`model/${name}`) ?? [];
        for (let i = 0; i < average.length; i++) {
          average[i] = kept * (average[i] ?? 0) + (1 - kept) * (now[i] ?? 0);
        }
      }
      const actual = states.at(-1)?.get(`ema/model/${name}`) ?? [];
      expect(relativeError(actual, average), name).toBeLessThanOrEqual(tolerances.value);
    }
  });

  test("is what is validated and kept, of the best epoch; without it other numbers are", async () => {
    const states: HostState[] = [];
    const changes = { ema: { decay: 0.95, warmUp: false } };
    const trained = await training.train({ hardAlone: true, createStep: noting(states), changes });
    const best = trained.best?.epoch ?? 0;
    const state = states[best * training.stepsPerEpoch];
    expect(namedWeights(trained)["logits/kernel"]).toEqual(state?.get("ema/model/logits/kernel"));
    const plain = await training.train({ hardAlone: true });
    expect(trained.history.map(({ losses }) => losses)).toEqual(plain.history.map(({ losses }) => losses));
    expect(trained.history[0]?.validation["nll"]).toBeGreaterThan(plain.history[0]?.validation["nll"] ?? 0);
    for (const each of [trained, plain]) each.dispose();
  });

  test("averages the loss terms' own layers with the model", async () => {
    const states: HostState[] = [];
    const changes = { ema: { decay: 0.5, warmUp: false } };
    const trained = await training.train({ createStep: noting(states), changes });
    const state = states[(trained.best?.epoch ?? 0) * training.stepsPerEpoch];
    const kernel = trained.lossParts.get("hint")?.weights[0]?.variable.dataSync();
    expect(kernel).toEqual(state?.get("ema/loss/hint/projection/kernel"));
    trained.dispose();
  });
});

describe("earlyStop", () => {
  /** Learns for two epochs and then unlearns. */
  const uphill = { factor: (epoch: number) => (epoch < 2 ? 1 : -1) };
  const stop = { epochs: 9, schedule: uphill, hardAlone: true, changes: { earlyStop: { epochs: 2 } } };

  test("ends so many epochs after the best one, and keeps that one's weights", async () => {
    const notes: string[] = [];
    const trained = await training.train({ ...stop, log: (message) => notes.push(message) });
    expect(trained.best?.epoch).toBe(2);
    expect(trained.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(notes).toContain("stopped after 4 of 9 epochs: none was better than epoch 2");
    expect(namedWeights(trained)).toEqual(await weightsOf({ epochs: 2 }));
    trained.dispose();
  });

  test("stops at once where a checkpoint already says so", async () => {
    const checkpoints = training.checkpointStore();
    const first = await training.train({ ...stop, checkpoints });
    const again = await training.train({ ...stop, checkpoints });
    expect(again.history).toEqual(first.history);
    expect(namedWeights(again)).toEqual(namedWeights(first));
    for (const each of [first, again]) each.dispose();
  });
});

describe("validateEvery", () => {
  test("validates every so many epochs and the last, and keeps the best of those", async () => {
    const every = await training.train({ epochs: 5, hardAlone: true });
    const some = await training.train({ epochs: 5, hardAlone: true, changes: { validateEvery: 2 } });
    const validated = some.history.filter(({ validation }) => Object.keys(validation).length > 0);
    expect(validated.map(({ epoch }) => epoch)).toEqual([2, 4, 5]);
    for (const { epoch, validation } of validated) expect(validation).toEqual(every.history[epoch - 1]?.validation);
    expect(some.history.map(({ losses }) => losses)).toEqual(every.history.map(({ losses }) => losses));
    expect([2, 4, 5]).toContain(some.best?.epoch);
    const end = await training.train({ epochs: 5, hardAlone: true, changes: { validateEvery: 9 } });
    expect(end.best?.epoch).toBe(5);
    for (const each of [every, some, end]) each.dispose();
  });
});

describe("freeze", () => {
  const network = () => normedNetwork(backend.tf);

  test("keeps weights, running averages and slots of a tap's layers as they are, and trains the others", async () => {
    const states: HostState[] = [];
    const optimizer = sgdOf({ momentum: 0.9, weightDecay: 0.01 });
    const changes = { network: network(), freeze: ["stage1"], optimizer, ema: { decay: 0.9, warmUp: true } };
    await weightsOf({ createStep: noting(states), epochs: 1, changes });
    const [start, end] = [states[0], states.at(-1)];
    const moved = [...(end ?? [])].filter(([name, values]) => {
      return name.startsWith("model/") && String(values) !== String(start?.get(name));
    });
    const block = ["conv/kernel", "norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance"];
    const expected = [...block.map((name) => `model/block/${name}`), "model/logits/kernel", "model/logits/bias"];
    expect(moved.map(([name]) => name).sort()).toEqual(expected.sort());
    expect([...(end?.keys() ?? [])].filter((name) => /^(optimizer|ema)\/.*stem/.test(name))).toEqual([]);
  });

  test("a frozen batch norm normalises by its running averages", async () => {
    const inferred: number[] = [];
    const trained = await training.train({
      hardAlone: true,
      epochs: 1,
      batchSize: 40,
      changes: { network: network(), freeze: ["backbone"], optimizer: sgdOf({ learningRate: 1e-9 }) },
      createStep: async (spec) => {
        const step = await backend.createStep(spec);
        const run: Step["run"] = async (batch, size, scalars, options) => {
          const { logits = new Float32Array() } = await step.predict(batch, size);
          const labels = batch["labels"] ?? [];
          inferred.push(meanCrossEntropy(logits, labels));
          return step.run(batch, size, scalars, options);
        };
        return { ...step, run };
      },
    });
    expect(trained.history[0]?.losses["hard"]).toBeCloseTo(inferred[0] ?? Number.NaN, 5);
    trained.dispose();
  });

  test("names are places, beginnings of names by segments, and patterns; what matches nothing is refused", async () => {
    const before = backend.tf.memory().numTensors;
    const refused = (changes: HintPlan["changes"]) =>
      training.train({ hardAlone: true, changes: { network: network(), ...changes } });
    await expect(refused({ freeze: ["stge1"] })).rejects.toMatchObject({
      code: "KDF_TRAIN_LAYERS",
      message: '`freeze` names "stge1", which is no layer of this network',
      hint: [expect.stringContaining('(did you mean "stage1"?)')],
    });
    await expect(refused({ groups: [{ match: ["head", "blo"] }] })).rejects.toMatchObject({
      message: '`groups` names "blo", which is no layer of this network',
      hint: [expect.stringContaining('(did you mean "block"?)')],
    });
    await expect(refused({ freeze: ["st*m", "block/conv", "*/norm", "head"] })).rejects.toMatchObject({
      code: "KDF_TRAIN_LAYERS",
      message: "`freeze: [st*m, block/conv, */norm, head]` leaves no weight to train",
    });
    expect(backend.tf.memory().numTensors).toBe(before);
  });
});

describe("groups", () => {
  test("the first that matches gives the rate and the decay of its layers", async () => {
    const oneStep = (groups: NonNullable<HintPlan["changes"]>["groups"]) =>
      weightsOf({
        epochs: 1,
        batchSize: 40,
        changes: { network: normedNetwork(backend.tf), optimizer: sgdOf({ weightDecay: 0.1 }), groups },
      });
    const still = [{ match: ["backbone", "head"], learningRate: 1e-12 }];
    const start = await oneStep(still);
    const plain = await oneStep(undefined);
    const grouped = await oneStep([
      { match: "logits", learningRate: 0.5 },
      { match: "stem", weightDecay: 0.3 },
      { match: "head", learningRate: 100 },
    ]);
    const change = (weights: Record<string, Float32Array>, name: string): number[] =>
      Array.from(weights[name] ?? [], (value, i) => value - (start[name]?.[i] ?? 0));
    const half = change(plain, "logits/kernel").map((value) => value / 2);
    expect(relativeError(change(grouped, "logits/kernel"), half)).toBeLessThan(1e-4);
    expect(grouped["block/conv/kernel"]).toEqual(plain["block/conv/kernel"]);
    // Δ = −rate · (g + decay · w), so the decay alone makes a difference of −rate · 0.2 · w
    const decayed = change(plain, "stem/conv/kernel").map(
      (d, i) => d - 0.1 * 0.2 * (start["stem/conv/kernel"]?.[i] ?? 0),
    );
    expect(relativeError(change(grouped, "stem/conv/kernel"), decayed)).toBeLessThan(1e-4);
    expect(grouped["stem/norm/gamma"]).toEqual(plain["stem/norm/gamma"]);
  });

  test("a decay needs an optimizer that has one", async () => {
    const { weightDecay: _, ...without } = sgdOf({});
    const changes = {
      optimizer: without,
      network: normedNetwork(backend.tf),
      groups: [{ match: "head", weightDecay: 1 }],
    };
    await expect(training.train({ hardAlone: true, changes })).rejects.toMatchObject({ code: "KDF_PLAN_OPTIONS" });
  });
});

describe("all of them together", () => {
  test("a training that was killed within a group and resumed ends in the same bytes", async () => {
    const plan = { batchSize: 5, hardAlone: true, changes: everything(backend) };
    const undisturbed = await training.filesOf(await training.train(plan));
    const checkpoints = training.checkpointStore();
    const controller = new AbortController();
    let runs = 0;
    const createStep: Backend["createStep"] = async (spec) => {
      const step = await backend.createStep(spec);
      const run: Step["run"] = (...args) => {
        // it is saved after this batch, the first of a group
        if (++runs === Math.ceil(training.samples / 5) + 3) controller.abort(new Error("stop"));
        return step.run(...args);
      };
      return { ...step, run };
    };
    await expect(training.train({ ...plan, checkpoints, signal: controller.signal, createStep })).rejects.toThrow(
      "stop",
    );
    const saved = String(Buffer.from((await checkpoints.load())?.["progress.json"] ?? []));
    expect(JSON.parse(saved)).toMatchObject({ epoch: 1, step: 3 });
    for (const name of ["gathered/logits/kernel", "ema/model/stem/norm/moving_mean"])
      expect(saved).toContain(`"${name}"`);
    expect(await training.filesOf(await training.train({ ...plan, checkpoints }))).toEqual(undisturbed);
  });

  test("nothing is left in memory, whether the training ends or throws", async () => {
    const { tf } = backend;
    const plan = () => ({ hardAlone: true, epochs: 1, changes: { ...everything(backend), freeze: ["stage1"] } });
    (await training.train(plan())).dispose();
    const before = tf.memory().numTensors;
    (await training.train(plan())).dispose();
    expect(tf.memory().numTensors).toBe(before);
    const controller = new AbortController();
    const progress = (): void => controller.abort(new Error("stop"));
    await expect(training.train({ ...plan(), signal: controller.signal, progress })).rejects.toThrow("stop");
    expect(tf.memory().numTensors).toBe(before);
  });

  test("they are captured with the step, to the same numbers", async (context) => {
    const reason = await nativeReason();
    if (reason !== undefined) return context.skip(reason);
    await using native = await openHintTraining("tensorflow");
    const modes: unknown[] = [];
    const made = async (step: Step): Promise<Step> => {
      modes.push(step.mode, step.eagerReason);
      return step;
    };
    const { createStep } = native.backend;
    for (const extra of [{}, { freeze: ["stage1"] }]) {
      const plan = () => ({ batchSize: 5, changes: { ...everything(native.backend), ...extra } });
      const captured = await weightsOf({ ...plan(), createStep: async (spec) => made(await createStep(spec)) }, native);
      const eager = await weightsOf(
        { ...plan(), createStep: async ({ example: _, ...spec }) => made(await createStep(spec)) },
        native,
      );
      for (const [name, values] of Object.entries(eager)) {
        expect.soft(relativeError(captured[name] ?? [], values), name).toBeLessThanOrEqual(1e-4);
      }
    }
    expect(modes).toEqual(["captured", undefined, "eager", undefined, "captured", undefined, "eager", undefined]);
  });
});

/** Mean cross-entropy of `[batch, 10]` logits. */
function meanCrossEntropy(logits: Float32Array, labels: ArrayLike<number>): number {
  const losses = Array.from(labels, (label, i) => {
    const row = [...logits.subarray(i * 10, (i + 1) * 10)];
    return Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - (row[label] ?? Number.NaN);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}
