/** Two steps of a detector's training against the same steps in PyTorch; tests/golden/README.md tells of the goldens. */

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type {
  Backend,
  CreateContext,
  HostArray,
  HostBatch,
  HostState,
  Objective,
  ProviderUse,
  Step,
} from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { shufflenetV2 } from "../../../plugins/backbones/shufflenet-v2.ts";
import { yolov7 as head } from "../../../plugins/heads/yolov7.ts";
import { yolov7 } from "../../../plugins/losses/yolov7.ts";
import { yolov7Tiny } from "../../../plugins/necks/yolov7-tiny.ts";
import { yolo } from "../../../plugins/networks/yolo.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import { packBoxes } from "../../../plugins/tasks/detection/boxes.ts";
import { detection } from "../../../plugins/tasks/detection.ts";
import { bindInputs, termOutputs } from "../../../plugins/trainers/inputs/bind-inputs.ts";
import { createLossMeter } from "../../../plugins/trainers/loop/loss-meter.ts";
import { createTrainState } from "../../../plugins/trainers/loop/train-state.ts";
import { preparedInput, toldValue, trainingStep, weightScalar } from "../../../plugins/trainers/step/step-body.ts";
import { stepVariants, variantOf } from "../../../plugins/trainers/step/step-variants.ts";
import { updatePlace } from "../../../plugins/trainers/step/update-place.ts";
import { loadBackend, nativeReason } from "../../support/backend.ts";
import { hashes, initialWeight, type ParityInputs } from "./parity-inputs.ts";
import { type DescribedWeights, weightErrors } from "./weight-errors.ts";

interface Golden extends ParityInputs, DescribedWeights {
  readonly classes: number;
  readonly batchSize: number;
  readonly assign: "anchor" | "simota";
  readonly gains: Readonly<Record<"box" | "class" | "objectness", number>>;
  /** Of one batch's loss, in an update of one batch. */
  readonly weight: number;
  /** Batches of an update, whose gradients PyTorch adds up; 1 unless given. */
  readonly accumulate?: number;
  readonly optimizer: { readonly momentum: number; readonly weightDecay: number; readonly nesterov: boolean };
  readonly steps: readonly Readonly<Record<string, number>>[];
}

/** Most boxes of an image of the goldens. */
const capacity = 3;
/** As for the deep networks of torch-parity, whose norms these are: relative deviations of float32 from float64. */
const limits = { loss: 5e-6, weight: 1e-5, update: 1e-4 };

const runs = (["anchor", "simota", "accumulated"] as const).flatMap((file) => [
  { file, backend: "tensorflow", mode: "captured" } as const,
  { file, backend: "wasm", mode: "eager" } as const,
]);

test.for(runs)("a YOLO trains as PyTorch does, $file, on $backend, $mode", async (run, context) => {
  const reason = run.backend === "tensorflow" ? await nativeReason() : undefined;
  if (reason !== undefined) return context.skip(reason);
  const file = new URL(`../../golden/torch-detector/${run.file}.json`, import.meta.url);
  const golden = JSON.parse(await readFile(file, "utf8")) as Golden;

  const trained = await train(await loadBackend(run.backend), run.mode, golden);

  for (const [i, expected] of golden.steps.entries()) {
    for (const [name, value] of Object.entries(expected)) {
      const error = Math.abs((trained.losses[i]?.[name] ?? Number.NaN) - value) / value;
      expect.soft(error, `${name} of step ${i + 1}`).toBeLessThanOrEqual(limits.loss);
    }
  }
  expect([...trained.start.keys()].toSorted()).toEqual(Object.keys(golden.weights).toSorted());
  for (const weight of trained.start.keys()) {
    const errors = weightErrors(golden, weight, trained);
    expect.soft(errors.weight, weight).toBeLessThanOrEqual(limits.weight);
    expect.soft(errors.update, `update of ${weight}`).toBeLessThanOrEqual(limits.update);
  }
});

/** `boxes` of a batch, as scripts/goldens/torch_detector.py draws them. */
function boxesOf({ seed, side, classes, batchSize }: Golden, step: number): Float32Array {
  const boxes = new Float32Array(batchSize * capacity * 6).fill(-1);
  for (let image = 0; image < batchSize; image++) {
    const numbers = hashes(`${seed}/boxes/${step}/${image}`, 16);
    const number = (at: number): number => numbers[at] ?? 0;
    for (let box = 0; box < 1 + (number(15) % 3); box++) {
      const [id, widthDraw, heightDraw, leftDraw, topDraw] = [0, 1, 2, 3, 4].map((at) => number(box * 5 + at));
      const [width, height] = [8 + ((widthDraw ?? 0) % 41), 8 + ((heightDraw ?? 0) % 41)];
      const [left, top] = [(leftDraw ?? 0) % (side - width), (topDraw ?? 0) % (side - height)];
      boxes.set([(id ?? 0) % classes, left, top, left + width, top + height, 1], (image * capacity + box) * 6);
    }
  }
  return boxes;
}

interface Trained {
  readonly losses: readonly Readonly<Record<string, number>>[];
  readonly start: HostState;
  readonly end: HostState;
}

async function train(backend: Backend, mode: Step["mode"], golden: Golden): Promise<Trained> {
  const { tf } = backend;
  const { side, batchSize, classes, assign, gains, seed, learningRates, accumulate = 1 } = golden;
  const context = detectorContext(backend);
  const network = await yolo.create(
    {
      imageSize: side,
      anchors: "default",
      activation: "leaky",
      normalize: "unit",
      backbone,
      neck,
      head: { use: head.id },
    } as never,
    context,
  );
  const imageSize = { height: side, width: side, channels: 3 };
  const built = network.build({ imageSize, classes, rng: createRng(1, "weights") });
  const { model, outputs } = built;
  const optimizer = await sgd.create({ learningRate: 1, ...golden.optimizer } as never, context);
  const term = await yolov7.create({ assign, rescale: false, ...gains } as never, context);
  const name = yolov7.id;
  // gradients of an update are averaged here and added up there
  const weight = golden.weight * accumulate;
  const use = { name, term, needs: yolov7.needs, weight: () => weight };
  const objective = { terms: [use] } as unknown as Objective;
  const state = createTrainState({ tf, model, optimizer, gather: accumulate > 1 });
  const meter = createLossMeter(tf, ["loss", name, ...(term.told ?? []).map((told) => toldValue(name, told))]);
  const inputs = bindInputs(objective, { built, source: sourceOf(classes), options: {} });
  const spec = trainingStep({ tf, model, outputs, objective, optimizer, state, meter, inputs, clipNorm: undefined });
  const placeOf = (step: number) =>
    updatePlace({ samples: batchSize * learningRates.length, batchSize, accumulate }, step);
  const scalarsOf = (step: number) => ({
    learningRate: learningRates[step] ?? Number.NaN,
    // the meter's sums are those of this step alone
    keep: 0,
    gatheredKeep: placeOf(step).first ? 0 : 1,
    gradientShare: placeOf(step).share,
    [weightScalar(name)]: weight,
  });
  const batchOf = (step: number): Record<string, HostArray> => {
    const boxes = boxesOf(golden, step);
    const pixels = Uint8Array.from(hashes(`${seed}/images/${step}`, batchSize * side * side * 3), (hash) => hash % 256);
    const batch: HostBatch = { inputs: { boxes }, indices: Int32Array.from({ length: batchSize }), size: batchSize };
    const prepared = term.prepare?.(batch, createRng(0, "prepare"), termOutputs(inputs, use)) ?? {};
    const own = Object.entries(prepared).map(([input, values]) => [preparedInput(name, input), values]);
    return { pixels, boxes, ...Object.fromEntries(own) };
  };
  const variantSizes = { [stepVariants.gather]: accumulate > 1 ? [batchSize] : [] };
  const example = { batch: batchOf(0), batchSizes: [batchSize], variantSizes, scalars: scalarsOf(0) };
  const step = await backend.createStep(mode === "captured" ? { ...spec, example } : spec);
  expect(step.mode, step.eagerReason).toBe(mode);
  const start = new Map(
    state.modelWeights.map(({ name: weight, variable }) => {
      const own = weight.replace(/^model\//, "");
      return [own, initialWeight(golden, own, variable.shape)];
    }),
  );
  const named = [...start].map(([weight, values]): [string, Float32Array] => [`model/${weight}`, values]);
  await step.writeState(new Map([...(await step.readState()), ...named]));
  const losses: Trained["losses"][number][] = [];
  for (let i = 0; i < learningRates.length; i++) {
    const variant = variantOf({ gathers: !placeOf(i).last, frozen: false });
    const fetched = await step.run(batchOf(i), batchSize, scalarsOf(i), { fetch: true, variant });
    const { loss = Number.NaN, ...parts } = meter.read(fetched ?? {}, 1, 0).means;
    losses.push({ ...parts, loss: loss / accumulate });
  }
  const after = await step.readState();
  const end = new Map([...start.keys()].map((own) => [own, after.get(`model/${own}`) ?? new Float32Array()]));
  step.dispose();
  model.dispose();
  return { losses, start, end };
}

const backbone = { use: shufflenetV2.id, width: 0.5, stem: "imagenet", stemStride: 2 } as const;
const neck = { use: yolov7Tiny.id, width: 0.25 } as const;
const parts = { [shufflenetV2.id]: shufflenetV2, [yolov7Tiny.id]: yolov7Tiny, [head.id]: head };

function detectorContext({ tf }: Backend): CreateContext {
  const context = {
    tf,
    provider: async (_family: string, { use, ...options }: ProviderUse) => {
      const found = use === head.id ? head : parts[use];
      return found?.create(options as never, context);
    },
  } as unknown as CreateContext;
  return context;
}

/** Where inputs are from: their shapes are those of a training with as many boxes. */
function sourceOf(classes: number) {
  const classNames = Array.from({ length: classes }, (_, id) => `class ${id}`);
  const images = [Array.from({ length: capacity }, () => ({ corners: [0, 0, 1, 1] as const, class: 0 }))];
  const truth = { boxes: packBoxes(images), sizes: Int32Array.of(1, 1) };
  return { dataset: { classNames, splits: { train: { truth } } }, task: detection.task };
}
