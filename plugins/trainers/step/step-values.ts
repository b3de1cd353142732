import type { HostArray, Objective, Optimizer, Schedule, StageContext } from "../../../core/index.ts";
import type { TrainBatch } from "../batches/batches.ts";
import { type TrainingInputs, termOutputs } from "../inputs/bind-inputs.ts";
import { type FreezeOption, frozenEpochs, thaws } from "../start/freezing.ts";
import { preparedInput, termScalar, weightScalar } from "./step-body.ts";
import type { UpdatePlace } from "./update-place.ts";
import { type WarmUpOptions, warmRates, warmUpUpdates } from "./warm-up.ts";
import { type AverageOptions, averageShare } from "./weight-averages.ts";
import { optimizerScalar, thawedScalar } from "./weight-update.ts";

interface InputsRequest {
  readonly context: Pick<StageContext, "rng">;
  readonly objective: Objective;
  readonly inputs: Pick<TrainingInputs, "ofTerm">;
}

interface ScalarsRequest {
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly epochs: number;
  readonly ema?: AverageOptions | undefined;
  readonly warmUp?: WarmUpOptions | undefined;
  readonly freeze?: FreezeOption | undefined;
}

/** What a step is given of one batch, by the names of its inputs. */
export function inputsOf(
  { objective, context, inputs: bound }: InputsRequest,
  batch: TrainBatch,
  epoch: number,
  step: number,
): Readonly<Record<string, HostArray>> {
  const inputs: Record<string, HostArray> = { ...batch.inputs };
  for (const use of objective.terms) {
    const { name, term } = use;
    const prepared = term.prepare?.(batch, context.rng(`loss/${name}`, epoch, step), termOutputs(bound, use));
    for (const [input, values] of Object.entries(prepared ?? {})) inputs[preparedInput(name, input)] = values;
  }
  return inputs;
}

/**
 * The numbers of one step, by the names of its scalars. Rates and weights are those of the update that the step belongs
 * to, the same for all of its batches.
 */
export function scalarsOf(
  { objective, optimizer, schedule, epochs, ema, warmUp, freeze }: ScalarsRequest,
  epoch: number,
  step: number,
  place: UpdatePlace,
): Readonly<Record<string, number>> {
  const now = epoch + place.update / place.updates;
  const before = epoch * place.updates + place.update;
  const scalars: Record<string, number> = {
    learningRate: optimizer.learningRate * schedule.factor(now, epochs),
    keep: step === 0 ? 0 : 1,
    gatheredKeep: place.first ? 0 : 1,
    gradientShare: place.share,
  };
  if (warmUp !== undefined) {
    const { learningRate: scheduled = 0 } = scalars;
    const { learningRate: base, momentum } = optimizer;
    const length = warmUpUpdates(warmUp, place.updates, place.updates * epochs);
    const own = warmRates(warmUp, { update: before, length }, { scheduled, base, momentum: momentum ?? 0 });
    scalars["learningRate"] = own.learningRate;
    scalars["biasRate"] = own.biasRate;
    if (momentum !== undefined) scalars["momentum"] = own.momentum;
  }
  if (ema !== undefined) scalars["averageShare"] = averageShare(ema, before);
  for (const [name, value] of Object.entries(optimizer.scalars?.(before + 1) ?? {})) {
    scalars[optimizerScalar(name)] = value;
  }
  if (thaws(freeze)) {
    const own = Math.max(0, before - frozenEpochs(freeze, epochs) * place.updates);
    for (const [name, value] of Object.entries(optimizer.scalars?.(own + 1) ?? {})) scalars[thawedScalar(name)] = value;
  }
  for (const use of objective.terms) {
    scalars[weightScalar(use.name)] = use.weight(now, epochs);
    for (const [name, at] of Object.entries(use.term.scalars ?? {}))
      scalars[termScalar(use.name, name)] = at(now, epochs);
  }
  return scalars;
}
