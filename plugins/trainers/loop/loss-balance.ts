import { type EpochRecord, type HostArray, KdflowError } from "../../../core/index.ts";
import { createEagerStep } from "../../backends/eager/eager-step.ts";
import { stepsPerEpoch } from "../batches/batches.ts";
import type { Training } from "../start/start-training.ts";
import { weightScalar } from "../step/step-body.ts";
import type { TrainingRequest } from "./training-request.ts";

/** One batch as a step is given it. */
export interface MeasuredBatch {
  readonly inputs: Readonly<Record<string, HostArray>>;
  readonly size: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** Steps of a training for each term that is measured; a measured term takes about as long as one or two steps. */
const stepsPerTerm = 100;

/**
 * Whether the balance is measured at the end of an epoch: of the first, and of as many others as keep measuring at
 * some hundredths of the work; of every epoch where `lossBalance` asks for it. Nothing but the epoch decides, so that a
 * resumed or lengthened training measures where an undisturbed one does.
 *
 * @param epoch from 0
 */
function measuresBalance(
  { lossBalance, objective, source }: Pick<TrainingRequest, "lossBalance" | "objective" | "source">,
  epoch: number,
): boolean {
  const steps = stepsPerEpoch(source);
  const measuredBy = (epochs: number): number => Math.floor((epochs * steps) / (stepsPerTerm * objective.terms.length));
  return lossBalance === true || epoch === 0 || measuredBy(epoch + 1) > measuredBy(epoch);
}

/**
 * Which weight each term has at the last batch of an epoch and, in the epochs of {@link measuresBalance}, which gradient
 * it gives the network.
 *
 * @param epoch from 0
 */
export async function balanceOf(
  training: Training,
  batch: MeasuredBatch,
  epoch: number,
): Promise<NonNullable<EpochRecord["balance"]>> {
  const { request } = training;
  const norms = measuresBalance(request, epoch) ? await measureNorms(training, batch) : undefined;
  const terms = request.objective.terms.map(({ name }, i) => {
    const weight = batch.scalars[weightScalar(name)] ?? 0;
    return [name, { weight, ...(norms && { gradientNorm: norms[i] ?? Number.NaN }) }] as const;
  });
  return Object.fromEntries(terms);
}

/** The pass is run operation by operation on the step's state, which is then put back as it was. */
async function measureNorms(
  { step, request, measuring }: Training,
  { inputs, size, scalars }: MeasuredBatch,
): Promise<Float32Array> {
  const state = await step.readState();
  // the variables have the state's numbers only once it was written
  await step.writeState(state);
  const probe = createEagerStep(request.context.tf, measuring);
  const fetched = await probe.run(inputs, size, scalars, { fetch: true }).finally(() => probe.dispose());
  await step.writeState(state);
  const norms = fetched?.["norms"];
  if (norms === undefined) throw new KdflowError("KDF_INTERNAL", "the gradients of the loss terms were not fetched");
  return norms;
}
