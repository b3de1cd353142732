/** Steps of a detector that learns from a teacher's boxes: captured they are what they are op by op. */
import { expect, test } from "vitest";
import type {
  Backend,
  CreateContext,
  HostArray,
  HostBatch,
  HostState,
  Objective,
  ProviderOf,
  ProviderUse,
  Step,
} from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { shufflenetV2 } from "../../../plugins/backbones/shufflenet-v2.ts";
import { yolov7 as head } from "../../../plugins/heads/yolov7.ts";
import { boxSoft } from "../../../plugins/losses/box-soft.ts";
import { kdQfl } from "../../../plugins/losses/kd-qfl.ts";
import { objectnessScaled } from "../../../plugins/losses/objectness-scaled.ts";
import { panLite } from "../../../plugins/necks/pan-lite.ts";
import { yolo } from "../../../plugins/networks/yolo.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import { packBoxes } from "../../../plugins/tasks/detection/boxes.ts";
import { detection } from "../../../plugins/tasks/detection.ts";
import { bindInputs, termOutputs } from "../../../plugins/trainers/inputs/bind-inputs.ts";
import { createLossMeter } from "../../../plugins/trainers/loop/loss-meter.ts";
import { createTrainState } from "../../../plugins/trainers/loop/train-state.ts";
import { preparedInput, trainingStep, weightScalar } from "../../../plugins/trainers/step/step-body.ts";
import { loadBackend, nativeReason } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";

const side = 64;
const batchSize = 2;
const classNames = ["ship", "tree", "dog"];
/** The teacher knows no dogs. */
const known = ["ship", "tree"];
const top = 4;
/** The second begins where the first has led; rounding grows with each, in norms over so few pixels. */
const steps = 2;
const gains = { box: 0.05, class: 0.5, objectness: 1, rescale: false, background: "ignore" };
const soft = { ...gains, minScore: 0.1, iouThreshold: 0.65, boxes: 10 };

const cases = [
  { id: "box-soft, anchor", provider: boxSoft, options: { ...soft, assign: "anchor" } },
  { id: "box-soft, simota", provider: boxSoft, options: { ...soft, assign: "simota" } },
  {
    id: "objectness-scaled",
    provider: objectnessScaled,
    options: { ...gains, boxLoss: "ciou", objectnessLoss: "bce" },
  },
  { id: "kd-qfl", provider: kdQfl, options: { beta: 2, background: "zero" } },
];

test.for(cases)("$id trains captured as it does op by op", async ({ provider, options }, context) => {
  const reason = await nativeReason();
  if (reason !== undefined) return context.skip(reason);
  const backend = await loadBackend("tensorflow");
  const [captured, eager] = [
    await train(backend, "captured", provider, options),
    await train(backend, "eager", provider, options),
  ];
  expect(captured.losses.every((loss) => loss > 0)).toBe(true);
  expect(relativeError(captured.losses, eager.losses)).toBeLessThanOrEqual(tolerances.value);
  expect([...captured.state.keys()]).toEqual([...eager.state.keys()]);
  for (const kind of ["model/", "optimizer/"]) {
    const [own, expected] = [captured, eager].map(({ state }) =>
      [...state].flatMap(([name, values]) => (name.startsWith(kind) ? [...values] : [])),
    );
    expect(
      expected?.some((value) => Math.abs(value) > 1e-3),
      kind,
    ).toBe(true);
    expect(relativeError(own ?? [], expected ?? []), kind).toBeLessThanOrEqual(tolerances.value);
  }
});

/** Two boxes and then one, other ones in every step; the last row of an image is none. */
function rowsOf(step: number): Float32Array {
  const width = 6 + classNames.length;
  const rows = new Float32Array(batchSize * top * width);
  const boxes = [
    [0, 9.3 + step, 11.7, 30.1 + step, 28.9, 0.9, 0.8, 0.15],
    [0, 31.2, 20.4 - step, 60.7, 59.3 - step, 0.6, 0.1, 0.55],
    [1, 3.1, 2.2, 51.3 + step, 55.9, 0.75, 0.05, 0.85],
  ];
  for (const [at, [image = 0, ...numbers]] of boxes.entries())
    rows.set([1, ...numbers, 0], (image * top + (at % 2)) * width);
  return rows;
}

interface Trained {
  readonly losses: readonly number[];
  /** After the first step: weights, and the optimizer's sums of gradients. */
  readonly state: HostState;
}

async function train(
  backend: Backend,
  mode: Step["mode"],
  provider: ProviderOf<"losses">,
  options: object,
): Promise<Trained> {
  const { tf } = backend;
  const context = {
    tf,
    provider: async (_family: string, { use, ...own }: ProviderUse) => parts[use]?.create(own as never, context),
  } as unknown as CreateContext;
  const plan = {
    imageSize: side,
    anchors: "default",
    activation: "leaky",
    normalize: "unit",
    backbone,
    neck,
    head: { use: head.id },
  };
  const network = await yolo.create(plan as never, context);
  const imageSize = { height: side, width: side, channels: 3 };
  const built = network.build({ imageSize, classes: classNames.length, rng: createRng(1, "weights") });
  const { model, outputs } = built;
  const optimizer = await sgd.create(
    { learningRate: 1, momentum: 0.9, nesterov: false, weightDecay: 0 } as never,
    context,
  );
  const term = await provider.create(options as never, context);
  const name = provider.id;
  const use = { name, term, needs: provider.needs, weight: () => 1 };
  const objective = { terms: [use] } as unknown as Objective;
  const state = createTrainState({ tf, model, optimizer });
  const meter = createLossMeter(tf, ["loss", name]);
  const inputs = bindInputs(objective, { built, source, options: {} });
  const spec = trainingStep({ tf, model, outputs, objective, optimizer, state, meter, inputs, clipNorm: undefined });
  const scalars = { learningRate: 0.001, keep: 0, [weightScalar(name)]: 1 };
  const batchOf = (step: number): Record<string, HostArray> => {
    const draw = createRng(step, "pixels");
    const pixels = Uint8Array.from({ length: batchSize * side * side * 3 }, () => draw.integer(256));
    const teacherRows = rowsOf(step);
    const batch: HostBatch = { inputs: { teacherRows }, indices: Int32Array.of(0, 1), size: batchSize };
    const prepared = term.prepare?.(batch, createRng(0, "prepare"), termOutputs(inputs, use)) ?? {};
    const own = Object.entries(prepared).map(([input, values]) => [preparedInput(name, input), values]);
    return { pixels, teacherRows, ...Object.fromEntries(own) };
  };
  const example = { batch: batchOf(0), batchSizes: [batchSize], scalars };
  const step = await backend.createStep(mode === "captured" ? { ...spec, example } : spec);
  expect(step.mode, step.eagerReason).toBe(mode);
  const losses: number[] = [];
  const states: HostState[] = [];
  for (let i = 0; i < steps; i++) {
    const fetched = await step.run(batchOf(i), batchSize, scalars, { fetch: true });
    losses.push(meter.read(fetched ?? {}, 1, 0).means["loss"] ?? Number.NaN);
    states.push(await step.readState());
  }
  step.dispose();
  model.dispose();
  return { losses, state: states[0] ?? new Map() };
}

const backbone = { use: shufflenetV2.id, width: 0.5, stem: "imagenet", stemStride: 2 } as const;
const neck = { use: panLite.id, width: 0.25 } as const;
const parts: Readonly<Record<string, { readonly create: (options: never, context: CreateContext) => unknown }>> = {
  [shufflenetV2.id]: shufflenetV2,
  [panLite.id]: panLite,
  [head.id]: head,
};

const source = {
  dataset: {
    classNames,
    splits: {
      train: { truth: { boxes: packBoxes([[{ corners: [0, 0, 1, 1], class: 0 }]]), sizes: Int32Array.of(1, 1) } },
    },
  },
  task: detection.task,
  softLabels: {
    content: "detections",
    classNames: known,
    outputs: { rows: { kind: "rows", shape: [top, 5 + known.length] } },
  },
} as const;
