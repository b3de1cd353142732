import { type EpochRecord, type HostArray, KdflowError } from "../../../core/index.ts";
import { createEagerStep } from "../../backends/eager/eager-step.ts";
import { samplesPerEpoch } from "../batches/batches.ts";
import type { Training } from "../start/start-training.ts";
import { weightScalar } from "../step/step-body.ts";
import type { TrainingRequest } from "./training-request.ts";

/** One batch as a step is given it. */
export interface MeasuredBatch {
  readonly inputs: Readonly<Record<string, HostArray>>;
  readonly size: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** A term is measured on as many images as keep it below this share of an epoch's, */
const shareOfEpoch = 0.005;
/** but on no fewer than these, since some terms compare the images of a batch. */
const fewest = 8;

/**
 * Images of the last batch on which each term's gradient is measured: all of them where `lossBalance` asks for that,
 * else so few that measuring stays at about a hundredth of the work. Nothing but the training's own numbers decides, so
 * that a resumed or lengthened training measures what an undisturbed one does.
 *
 * @param size of the last batch
 */
export function measuredImages(
  { lossBalance, objective, source }: Pick<TrainingRequest, "lossBalance" | "objective" | "source">,
  size: number,
): number {
  if (lossBalance === true) return size;
  const few = Math.floor((samplesPerEpoch(source) * shareOfEpoch) / objective.terms.length);
  return Math.min(size, Math.max(fewest, few));
}

/** Which weight each term has at the last batch of an epoch, and which gradient it gives the network there. */
export async function balanceOf(
  training: Training,
  batch: MeasuredBatch,
): Promise<NonNullable<EpochRecord["balance"]>> {
  const { request } = training;
  const size = measuredImages(request, batch.size);
  const norms = await measureNorms(training, { ...batch, size });
  const terms = request.objective.terms.map(({ name }, i) => {
    const weight = batch.scalars[weightScalar(name)] ?? 0;
    return [name, { weight, gradientNorm: norms[i] ?? Number.NaN }] as const;
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
