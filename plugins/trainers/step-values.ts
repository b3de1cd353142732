import type { HostArray, Objective, Optimizer, Schedule, StageContext } from "../../core/index.ts";
import type { Batch } from "./batches.ts";
import { preparedInput, termScalar, weightScalar } from "./step-body.ts";

interface InputsRequest {
  readonly context: Pick<StageContext, "rng">;
  readonly objective: Objective;
}

interface ScalarsRequest {
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly epochs: number;
}

/** What a step is given of one batch, by the names of its inputs. */
export function inputsOf(
  { objective, context }: InputsRequest,
  batch: Batch,
  epoch: number,
  step: number,
): Readonly<Record<string, HostArray>> {
  const inputs: Record<string, HostArray> = { pixels: batch.pixels, labels: batch.labels };
  if (batch.mixed !== undefined) {
    inputs["secondLabels"] = batch.mixed.secondLabels;
    inputs["labelShares"] = batch.mixed.labelShares;
  }
  if (batch.teacherLogits !== undefined) inputs["teacherLogits"] = batch.teacherLogits;
  for (const { name, term } of objective.terms) {
    const prepared = term.prepare?.(batch, context.rng(`loss/${name}`, epoch, step));
    for (const [input, values] of Object.entries(prepared ?? {})) inputs[preparedInput(name, input)] = values;
  }
  return inputs;
}

/** The numbers of one step, by the names of its scalars. */
export function scalarsOf(
  { objective, optimizer, schedule, epochs }: ScalarsRequest,
  epoch: number,
  step: number,
  steps: number,
): Readonly<Record<string, number>> {
  const now = epoch + step / steps;
  const scalars: Record<string, number> = {
    learningRate: optimizer.learningRate * schedule.factor(now, epochs),
    keep: step === 0 ? 0 : 1,
  };
  for (const use of objective.terms) {
    scalars[weightScalar(use.name)] = use.weight(now, epochs);
    for (const [name, at] of Object.entries(use.term.scalars ?? {}))
      scalars[termScalar(use.name, name)] = at(now, epochs);
  }
  return scalars;
}
