/** Mixed labels, class weights and balanced samples in the real training loop. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend, Dataset, LossTerm, StageContext, Step } from "../../../core/index.ts";
import { openCheckpoints } from "../../../core/store/checkpoints.ts";
import { createTestContext } from "../../../core/testing/index.ts";
import { crossEntropy } from "../../../plugins/losses/cross-entropy.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { classWeightsOf } from "../../../plugins/tasks/classification/class-weights.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { type BatchSource, trainBatches } from "../../../plugins/trainers/batches/batches.ts";
import { trainNetwork } from "../../../plugins/trainers/loop/training-loop.ts";
import { loadBackend, nativeReason } from "../../support/backend.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { linearNetwork } from "./hint-training.ts";

let bench: Workbench;
let dataset: Dataset;
beforeAll(async () => {
  bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "digits"), { train: 30, test: 10 });
  const augment = [{ use: "cutmix", alpha: 1, probability: 0.7 }];
  dataset = await bench.data({ root: "digits", validation: 0.2, augment });
});
afterAll(() => bench[Symbol.asyncDispose]());

function sourceOf(): BatchSource {
  const components = createTestContext({ seed: 3 });
  return {
    dataset,
    task: classification.task,
    inputSize: dataset.imageSize,
    batchSize: 8,
    views: undefined,
    softLabels: undefined,
    teacher: undefined,
    sampling: "balanced",
    orderOf: (epoch) => components.rng("order", epoch),
  };
}

let trainings = 0;

/** Mean loss of each of two epochs. */
async function train(backend: Backend, watch: (term: LossTerm) => LossTerm = (term) => term): Promise<number[]> {
  const components = createTestContext({ tf: backend.tf, backend, seed: 3 });
  const term = watch(await crossEntropy.create({ labelSmoothing: 0.1 } as never, components));
  const needs = ["studentLogits", "labels"];
  const options = { learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 5e-4 };
  const context = {
    ...bench.context(3, bench.folder),
    ...{ tf: backend.tf, backend, progress: () => undefined, epochEnd: async () => undefined },
    checkpoints: openCheckpoints(bench.store, `mixed-${++trainings}`),
    trajectory: { load: async () => undefined },
  } as unknown as StageContext;
  const trained = await trainNetwork({
    context,
    source: sourceOf(),
    network: linearNetwork(backend.tf),
    objective: { terms: [{ name: "hard", term, needs, takes: crossEntropy.takes, weight: () => 1 }] },
    optimizer: await sgd.create(options as never, components),
    schedule: { factor: () => 1 },
    ...{ epochs: 2, clipNorm: undefined, bestMetric: "nll", checkpointMinutes: 60 },
    options: { classWeights: "balanced" },
  });
  trained.dispose();
  return trained.history.map(({ losses }) => losses["loss"] ?? Number.NaN);
}

/** What the loss was given in one step. */
type Given = Readonly<Record<string, readonly number[]>>;

test("the loss is given both labels and the shares of every row, and the weights of the classes", async () => {
  const given: Given[] = [];
  await train(await loadBackend("cpu"), (term) => ({
    ...term,
    compute(inputs, scalars, parts) {
      const names = ["labels", "secondLabels", "labelShares", "classWeights"];
      given.push(Object.fromEntries(names.map((name) => [name, Array.from(inputs[name]?.dataSync() ?? [])])));
      return term.compute(inputs, scalars, parts);
    },
  }));
  const labels = classLabels(dataset.splits.train);
  const classWeights = Array.from(classWeightsOf("balanced", dataset.classNames, labels));
  const expected: Record<"labels" | "secondLabels" | "labelShares" | "classWeights", number[]>[] = [];
  for (const epoch of [0, 1]) {
    for await (const { indices } of trainBatches(sourceOf(), [], { epoch, step: 0 })) {
      const views = Array.from(indices, (index) => ({ index, ...dataset.view("train", index, epoch) }));
      expected.push({
        labels: views.map(({ index }) => labels[index] ?? -1),
        secondLabels: views.map(({ index, partner }) => labels[partner?.index ?? index] ?? -1),
        labelShares: views.map(({ mix }) => Math.fround(mix?.share ?? 1)),
        classWeights,
      });
    }
  }
  // the first eight images of each epoch's last batch are looked at once more, for the balance of the terms
  const steps = expected.length / 2;
  const [first, second] = [expected.slice(0, steps), expected.slice(steps)];
  const looked = (epoch: typeof expected) =>
    epoch.slice(-1).map(({ classWeights, ...rows }) => ({
      ...Object.fromEntries(Object.entries(rows).map(([name, values]) => [name, values.slice(0, 8)])),
      classWeights,
    }));
  expect(given).toEqual([...first, ...looked(first), ...second, ...looked(second)]);
  expect(new Set(classWeights).size).toBeGreaterThan(1);
  expect(expected.some(({ labelShares }) => labelShares.some((share) => share < 1))).toBe(true);
});

test("a captured step has the losses of an eager one", async (context) => {
  const reason = await nativeReason();
  if (reason !== undefined) return context.skip(reason);
  const native = await loadBackend("tensorflow");
  const modes: Step["mode"][] = [];
  const noting = async (made: Promise<Step>): Promise<Step> => {
    modes.push((await made).mode);
    return made;
  };
  const captured = await train({ ...native, createStep: (spec) => noting(native.createStep(spec)) });
  const eager = await train({ ...native, createStep: ({ example: _, ...spec }) => noting(native.createStep(spec)) });
  expect(modes).toEqual(["captured", "eager"]);
  expect(relativeError(captured, eager)).toBeLessThanOrEqual(tolerances.value);
});
