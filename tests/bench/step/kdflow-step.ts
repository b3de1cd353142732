/** kdflow's training step as `train: distill` runs it; `captured` or `eager`. A process of the step bench. */
import { countParameters } from "../../../core/index.ts";
import { findNative } from "../../../plugins/backends/native/cache.ts";
import type { Batch } from "../../../plugins/trainers/batches.ts";
import { trainingStep } from "../../../plugins/trainers/step-body.ts";
import { inputsOf, scalarsOf } from "../../../plugins/trainers/step-values.ts";
import { createTrainingTensors } from "../../../plugins/trainers/training-tensors.ts";
import { createComponents, loadBackend } from "./components.ts";
import { type Rival, type RivalRequest, type RivalSkipped, serveRival } from "./rival-protocol.ts";
import type { StepBatch, StepSetup } from "./step-setup.ts";

await serveRival(createRival);

async function createRival({ setup, batches, variant, threads }: RivalRequest): Promise<Rival | RivalSkipped> {
  if ((await findNative()) === undefined) return { skipped: "no native backend" };
  if (variant === "eager") process.env["KDFLOW_STEP"] = "eager";
  const backend = await loadBackend("tensorflow", threads === undefined ? {} : { threads });
  const components = await createComponents(backend, setup);
  const { built, state, meter } = createTrainingTensors({ ...components, source: sourceOf(setup) });
  const timing = { ...components, epochs: 1 };
  // at the first step of an epoch the meter forgets what it summed: its mean is the loss of this step alone
  const scalars = scalarsOf(timing, 0, 0, { update: 0, updates: 1, first: true, last: true, share: 1 });
  const inputs = (batch: StepBatch) => inputsOf(timing, trainerBatch(batch, setup.batchSize), 0, 0);
  const { tf } = backend;
  const body = { ...components, tf, model: built.model, state, meter, classes: setup.classes, clipNorm: undefined };
  const example = { batch: inputs(batches[0] as StepBatch), batchSizes: [setup.batchSize], scalars };

  const began = performance.now();
  const step = await backend.createStep({ ...trainingStep(body), example });
  const createMs = performance.now() - began;
  if (step.mode !== variant) return { skipped: `the step is ${step.mode}: ${step.eagerReason ?? "no reason given"}` };
  const run = async (batch: StepBatch): Promise<number> => {
    const fetched = await step.run(inputs(batch), setup.batchSize, scalars, { fetch: true });
    return meter.read(fetched ?? {}, 1, 0).means["loss"] ?? Number.NaN;
  };
  const { tfjs, tensorflow } = backend.details;
  return {
    parameters: countParameters(built.model).trainable,
    createMs,
    versions: { tfjs: String(tfjs), TensorFlow: String(tensorflow) },
    step: run,
  };
}

function sourceOf({ side, classes }: StepSetup) {
  const classNames = Array.from({ length: classes }, (_, i) => String(i));
  return { dataset: { classNames }, inputSize: { height: side, width: side, channels: 3 } };
}

function trainerBatch({ pixels, labels, teacherLogits }: StepBatch, size: number): Batch {
  return { size, indices: new Int32Array(size), pixels, labels, teacherLogits };
}
