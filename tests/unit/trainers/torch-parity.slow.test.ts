/** Five steps of our training against the same steps in PyTorch; tests/golden/README.md tells how the goldens came to be. */

import { readFile } from "node:fs/promises";
import type { Tensor } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import type {
  Backend,
  CreateContext,
  HostState,
  Objective,
  Optimizer,
  PlanContext,
  ProviderUse,
  Step,
  StepExample,
} from "../../../core/index.ts";
import { bindProvider } from "../../../core/plugins/bind-provider.ts";
import { detach } from "../../../core/tensors/detach.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { mobilenetV2 } from "../../../plugins/backbones/mobilenet-v2.ts";
import { resnet } from "../../../plugins/backbones/resnet.ts";
import { shufflenetV2 } from "../../../plugins/backbones/shufflenet-v2.ts";
import { sum } from "../../../plugins/loss/sum.ts";
import { crossEntropy } from "../../../plugins/losses/cross-entropy.ts";
import { kd } from "../../../plugins/losses/kd.ts";
import { classifier } from "../../../plugins/networks/classifier.ts";
import { adam } from "../../../plugins/optimizers/adam.ts";
import { adamw } from "../../../plugins/optimizers/adamw.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import { classifierOutputs } from "../../../plugins/tasks/classification/names.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { bindInputs } from "../../../plugins/trainers/inputs/bind-inputs.ts";
import { createLossMeter } from "../../../plugins/trainers/loop/loss-meter.ts";
import { createTrainState } from "../../../plugins/trainers/loop/train-state.ts";
import { trainingStep, weightScalar } from "../../../plugins/trainers/step/step-body.ts";
import { optimizerScalar } from "../../../plugins/trainers/step/weight-update.ts";
import { loadBackend, nativeReason } from "../../support/backend.ts";
import { countOf, loadedGraphs } from "../../support/loaded-graphs.ts";
import { relativeError } from "../../support/tolerances.ts";
import { initialWeight, type ParityInputs, parityBatch } from "./parity-inputs.ts";
import { type DescribedWeights, weightErrors } from "./weight-errors.ts";

interface Golden extends ParityInputs, DescribedWeights {
  readonly batchSizes: readonly number[];
  readonly optimizer: ProviderUse & { readonly use: keyof typeof optimizers };
  readonly clipNorm: number | null;
  readonly steps: readonly Readonly<Record<string, number>>[];
  readonly logits: readonly (readonly number[])[];
}

/**
 * Largest deviations of float32 from PyTorch's float64 after five steps. The goldens' `float32` tells PyTorch's own: up
 * to 8e-7 in `resnet`, and in the deep networks 1.3e-6 of a weight and 2.2e-5 of an update.
 */
interface Limits {
  /** Each step's total and terms, relative. */
  readonly loss: number;
  /** Of the trained model in inference, max|Δ| / max|logits|. */
  readonly logits: number;
  /** ‖Δw‖ / ‖w‖ of each weight and running average. */
  readonly weight: number;
  /** ‖Δw‖ / ‖w − w₀‖, beyond what rounding w to float32 in each step makes: what small steps hide in w. */
  readonly update: number;
}

const shallow: Limits = { loss: 2e-6, logits: 2e-6, weight: 2e-6, update: 2e-6 };
/** TensorFlow adds a batch norm's thousands of rows one after another: up to 6.6e-6 of a running mean. */
const deep: Limits = { loss: 5e-6, logits: 5e-6, weight: 1e-5, update: 1e-4 };

const optimizers = { sgd, adam, adamw };
const backbones = { resnet, "shufflenet-v2": shufflenetV2, "mobilenet-v2": mobilenetV2 };

const resnet8 = { use: "resnet", depth: 8, width: 1, shortcut: "projection", stem: "auto" } as const;
const cases: Readonly<Record<string, ProviderUse & { readonly use: keyof typeof backbones }>> = {
  "resnet-8": resnet8,
  "resnet-8-nesterov": resnet8,
  "resnet-8-clipped": resnet8,
  "resnet-8-adam": resnet8,
  "resnet-8-adamw": resnet8,
  "shufflenet-v2-0.5": { use: "shufflenet-v2", width: 0.5, stem: "auto", stemStride: 2 },
  "mobilenet-v2-0.35": { use: "mobilenet-v2", width: 0.35, stem: "auto" },
};

/** Products of matrices that a captured step has at least: three for each pointwise convolution. */
const products = { resnet: 0, "shufflenet-v2": 100, "mobilenet-v2": 100 };

const modes = [
  { backend: "tensorflow", mode: "captured" },
  { backend: "tensorflow", mode: "eager" },
  { backend: "wasm", mode: "eager" },
  { backend: "cpu", mode: "eager" },
] as const;

const runs = modes.flatMap((how) =>
  Object.entries(cases)
    // plain JavaScript takes ten seconds for each
    .filter(([name]) => how.backend !== "cpu" || name === "resnet-8-nesterov")
    .map(([name, backbone]) => ({ ...how, name, backbone })),
);

test.for(runs)("$name on $backend, $mode, trains as PyTorch does", async (run, context) => {
  const { backend: id, mode, name, backbone } = run;
  const reason = id === "tensorflow" ? await nativeReason() : undefined;
  if (reason !== undefined) return context.skip(reason);
  const golden = await readGolden(name);
  const limits = backbone.use === "resnet" ? shallow : deep;

  const backend = await loadBackend(id);
  using watched = mode === "captured" ? loadedGraphs(backend) : undefined;
  const trained = await train(backend, mode, backbone, golden);

  if (watched !== undefined) expectProducts(watched.graphs, products[backbone.use]);
  for (const [i, expected] of golden.steps.entries()) {
    for (const [term, value] of Object.entries(expected)) {
      const error = Math.abs((trained.losses[i]?.[term] ?? Number.NaN) - value) / value;
      expect.soft(error, `${term} of step ${i + 1}`).toBeLessThanOrEqual(limits.loss);
    }
  }
  expect.soft(relativeError(trained.logits, golden.logits.flat())).toBeLessThanOrEqual(limits.logits);
  expect([...trained.start.keys()].toSorted()).toEqual(Object.keys(golden.weights).toSorted());
  for (const weight of trained.start.keys()) {
    const errors = weightErrors(golden, weight, trained);
    expect.soft(errors.weight, weight).toBeLessThanOrEqual(limits.weight);
    expect.soft(errors.update, `update of ${weight}`).toBeLessThanOrEqual(limits.update);
  }
});

/** The first graph was accepted, and its pointwise convolutions are products of matrices. */
function expectProducts(graphs: readonly string[], atLeast: number): void {
  expect(graphs).toHaveLength(1);
  expect(countOf(graphs[0] ?? "", "MatMul")).toBeGreaterThanOrEqual(atLeast);
}

async function readGolden(name: string): Promise<Golden> {
  const file = new URL(`../../golden/torch-training/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as Golden;
}

interface Trained {
  readonly losses: readonly Readonly<Record<string, number>>[];
  readonly logits: Float32Array;
  /** The model's weights before and after, under their names in the golden file. */
  readonly start: HostState;
  readonly end: HostState;
}

/** Trains the way that `trainNetwork` does, but on the golden's weights, batches and learning rates. */
async function train(backend: Backend, mode: Step["mode"], backbone: ProviderUse, golden: Golden): Promise<Trained> {
  const { step, meter, objective, optimizer, model, weights } = await prepare(backend, mode, backbone, golden);
  expect(step.mode, step.eagerReason).toBe(mode);
  const start = new Map(weights.map(({ name, shape }) => [name, initialWeight(golden, name, shape)]));
  const named = [...start].map(([name, values]): [string, Float32Array] => [`model/${name}`, values]);
  await step.writeState(new Map([...(await step.readState()), ...named]));
  const losses: Trained["losses"][number][] = [];
  for (const [i, size] of golden.batchSizes.entries()) {
    const fetched = await step.run(
      { ...parityBatch(golden, i, size) },
      size,
      scalarsOf(golden, { objective, optimizer }, i),
      {
        fetch: true,
      },
    );
    losses.push(meter.read(fetched ?? {}, 1, 0).means);
  }
  const size = golden.logits.length;
  const { logits = new Float32Array() } = await step.predict(
    { pixels: parityBatch(golden, "predict", size).pixels },
    size,
  );
  const after = await step.readState();
  const end = new Map([...start.keys()].map((name) => [name, after.get(`model/${name}`) ?? new Float32Array()]));
  step.dispose();
  model.dispose();
  return { losses, logits, start, end };
}

interface Numbers {
  readonly objective: Objective;
  readonly optimizer: Optimizer;
}

function scalarsOf({ learningRates }: Golden, { objective, optimizer }: Numbers, step: number): Record<string, number> {
  // keep: 0 makes the meter's sums those of this step alone
  const scalars: Record<string, number> = { learningRate: learningRates[step] ?? Number.NaN, keep: 0 };
  const own = optimizer.scalars?.(step + 1) ?? {};
  for (const [name, value] of Object.entries(own)) scalars[optimizerScalar(name)] = value;
  for (const term of objective.terms) scalars[weightScalar(term.name)] = term.weight(0, 1);
  return scalars;
}

/** What the step is captured on: the first batch, at every size that will come. */
function exampleOf(golden: Golden, numbers: Numbers): StepExample {
  const batchSizes = [...new Set(golden.batchSizes)].sort((a, b) => b - a);
  const batch = { ...parityBatch(golden, 0, batchSizes[0] ?? 1) };
  return { batch, batchSizes, scalars: scalarsOf(golden, numbers, 0) };
}

async function prepare(backend: Backend, mode: Step["mode"], backbone: ProviderUse, golden: Golden) {
  const { tf } = backend;
  const context = createContext(backend);
  const network = await classifier.create({ backbone, normalize: "signed" } as never, context);
  const imageSize = { height: golden.side, width: golden.side, channels: 1 };
  const built = network.build({ imageSize, classes: 10, rng: createRng(1, "weights") });
  const { model, outputs } = built;
  const { use, ...options } = golden.optimizer;
  const optimizer = await optimizers[use].create({ learningRate: 1, ...options } as never, context);
  const objective: Objective = await sum.create(lossOptions as never, context);
  const state = createTrainState({ tf, model, optimizer });
  const meter = createLossMeter(tf, ["loss", ...objective.terms.map((term) => term.name)]);
  const clipNorm = golden.clipNorm ?? undefined;
  const inputs = bindInputs(objective, { built, source: paritySource, options: {} });
  const spec = trainingStep({ tf, model, outputs, objective, optimizer, state, meter, inputs, clipNorm });
  const step = await backend.createStep(
    mode === "captured" ? { ...spec, example: exampleOf(golden, { objective, optimizer }) } : spec,
  );
  const weights = state.modelWeights.map(({ name, variable }) => ({
    name: name.replace(/^model\//, ""),
    shape: variable.shape,
  }));
  return { step, meter, objective, optimizer, model, weights };
}

const classNames = Array.from({ length: 10 }, (_, digit) => String(digit));
/** Where inputs are from: their shapes are those of ten classes. */
const paritySource = {
  dataset: { classNames, splits: { train: { truth: new Int32Array() } } },
  task: classification.task,
  softLabels: { classNames, outputs: classifierOutputs(10) },
};

const lossOptions = {
  "cross-entropy": { use: "cross-entropy", weight: 0.1, options: { labelSmoothing: 0 } },
  kd: { use: "kd", weight: 0.9, options: { temperature: 4 } },
};

function createContext({ tf }: Backend): CreateContext & PlanContext {
  const context = {
    tf,
    detach: (tensor: Tensor) => detach(tf, tensor),
    lookup: (_family: string, named: ProviderUse) =>
      bindProvider<"losses">(named.use === kd.id ? kd : crossEntropy, named),
    provider: async (_family: string, { use, ...options }: ProviderUse) =>
      backbones[use as keyof typeof backbones].create(options as never, context),
  } as unknown as CreateContext & PlanContext;
  return context;
}
