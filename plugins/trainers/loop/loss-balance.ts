import { type EpochRecord, type HostArray, KdflowError, type StepSpec } from "../../../core/index.ts";
import { createEagerStep } from "../../backends/eager/eager-step.ts";
import type { Training } from "../start/start-training.ts";
import { weightScalar } from "../step/step-body.ts";

/** One batch as a step is given it. */
export interface MeasuredBatch {
  readonly inputs: Readonly<Record<string, HostArray>>;
  readonly size: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/**
 * Which weight each term has now and which gradient it gives the network, on one batch. The pass is run operation by
 * operation on the step's state, which is then put back as it was.
 *
 * @param spec that of the training's step, with `gradientNorms` for a body
 */
export async function measureBalance(
  { step, request }: Pick<Training, "step" | "request">,
  spec: StepSpec,
  { inputs, size, scalars }: MeasuredBatch,
): Promise<NonNullable<EpochRecord["balance"]>> {
  const state = await step.readState();
  // the variables have the state's numbers only once it was written
  await step.writeState(state);
  const probe = createEagerStep(request.context.tf, spec);
  const fetched = await probe.run(inputs, size, scalars, { fetch: true }).finally(() => probe.dispose());
  await step.writeState(state);
  const norms = fetched?.["norms"];
  if (norms === undefined) throw new KdflowError("KDF_INTERNAL", "the gradients of the loss terms were not fetched");
  const measured = request.objective.terms.map(({ name }, i) => {
    return [name, { weight: scalars[weightScalar(name)] ?? 0, gradientNorm: norms[i] ?? Number.NaN }] as const;
  });
  return Object.fromEntries(measured);
}
