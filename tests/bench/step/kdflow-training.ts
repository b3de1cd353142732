/** A training step of kdflow as `train: distill` makes it, on a bench's network and data. */

import type { Backend, HostArray, Step } from "../../../core/index.ts";
import { countParameters } from "../../../plugins/networks/measures/multiply-adds.ts";
import { classifierOutputs } from "../../../plugins/tasks/classification/names.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import type { TrainBatch } from "../../../plugins/trainers/batches/batches.ts";
import { createTrainingTensors } from "../../../plugins/trainers/loop/training-tensors.ts";
import { trainingStep } from "../../../plugins/trainers/step/step-body.ts";
import { inputsOf, scalarsOf } from "../../../plugins/trainers/step/step-values.ts";
import { createComponents, type StepComponents } from "./components.ts";
import type { StepBatch, StepSetup } from "./step-setup.ts";

export interface KdflowTraining<Batch> {
  readonly step: Step;
  readonly parameters: number;
  /** How long the backend took to make the step. */
  readonly createMs: number;
  /** Trains on one batch and gives its loss. */
  run(batch: Batch): Promise<number>;
}

export interface TrainingParts<Batch> {
  readonly backend: Backend;
  readonly components: StepComponents;
  readonly source: Parameters<typeof createTrainingTensors>[0]["source"];
  readonly batchSize: number;
  /** What the step is captured with. */
  readonly example: Batch;
  /** The batch as the trainer's loop has it. */
  trainBatch(batch: Batch): TrainBatch;
}

/** The step of the step bench. */
export async function createTraining(
  backend: Backend,
  setup: StepSetup,
  example: StepBatch,
): Promise<KdflowTraining<StepBatch>> {
  const { batchSize } = setup;
  const components = await createComponents(backend, setup);
  const trainBatch = ({ pixels, labels, teacherLogits }: StepBatch): TrainBatch => {
    return { size: batchSize, indices: new Int32Array(batchSize), inputs: { pixels, labels, teacherLogits } };
  };
  return trainingOf({ backend, components, source: sourceOf(setup), batchSize, example, trainBatch });
}

/** A step of any components. */
export async function trainingOf<Batch>(parts: TrainingParts<Batch>): Promise<KdflowTraining<Batch>> {
  const { backend, components, source, batchSize } = parts;
  const { built, inputs, state, meter } = createTrainingTensors({ ...components, source });
  const timing = { ...components, epochs: 1 };
  // at the first step of an epoch the meter forgets what it summed: its mean is the loss of this step alone
  const scalars = scalarsOf(timing, 0, 0, { update: 0, updates: 1, first: true, last: true, share: 1 });
  const fed = (batch: Batch): Readonly<Record<string, HostArray>> =>
    inputsOf({ ...timing, inputs }, parts.trainBatch(batch), 0, 0);
  const { tf } = backend;
  const body = {
    ...components,
    tf,
    model: built.model,
    outputs: built.outputs,
    state,
    meter,
    inputs,
    clipNorm: undefined,
  };
  const began = performance.now();
  const step = await backend.createStep({
    ...trainingStep(body),
    example: { batch: fed(parts.example), batchSizes: [batchSize], scalars },
  });
  return {
    step,
    parameters: countParameters(built.model).trainable,
    createMs: performance.now() - began,
    async run(batch) {
      const fetched = await step.run(fed(batch), batchSize, scalars, { fetch: true });
      return meter.read(fetched ?? {}, 1, 0).means["loss"] ?? Number.NaN;
    },
  };
}

function sourceOf({ side, classes }: StepSetup) {
  const classNames = Array.from({ length: classes }, (_, i) => String(i));
  return {
    dataset: { classNames, splits: { train: { truth: new Int32Array() } } },
    task: classification.task,
    softLabels: { classNames, outputs: classifierOutputs(classes) },
    inputSize: { height: side, width: side, channels: 3 },
  };
}
