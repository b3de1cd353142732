import type { Lengthening, PlanContext, ProviderUse } from "../../../core/index.ts";
import { scheduleDependence } from "../../schedules/dependence/schedule-dependence.ts";
import { type FreezeOption, freezingDependence } from "../start/freezing.ts";

/**
 * How `epochs` lengthens a training: a shorter one is its beginning where neither the learning rate nor any weight at
 * an epoch, nor which layers are frozen, epochs validated or augmentations left out, depends on how many epochs there are in all.
 *
 * @param objective what the loss says of itself: what depends, in words
 */
export function lengthenedByEpochs(
  options: {
    readonly schedule: ProviderUse;
    readonly freeze?: FreezeOption;
    readonly validateEvery?: number;
    readonly lastEpochs?: object;
    readonly warmUp?: object;
  },
  objective: string | undefined,
  context: PlanContext,
): Lengthening {
  const { schedule, freeze, validateEvery = 1, lastEpochs, warmUp } = options;
  const dependence =
    scheduleDependence(schedule, context) ??
    objective ??
    freezingDependence(freeze) ??
    // a tenth of all updates at most
    (warmUp === undefined ? undefined : "warmUp") ??
    // the last epoch is validated whichever it is
    (validateEvery > 1 ? "validateEvery" : undefined) ??
    (lastEpochs === undefined ? undefined : "lastEpochs");
  const anew = dependence === undefined ? {} : { anew: `${dependence} depends on the number of epochs` };
  return { option: "epochs", unit: "epoch", ...anew };
}

/** What an objective provider says of itself; one that does not say is taken to depend on the number of epochs. */
export function objectiveDependence(loss: ProviderUse, context: PlanContext): string | undefined {
  const provider = context.lookup("loss", loss);
  if (provider.dependsOnEpochs === undefined) return `the loss ${loss.use}`;
  return provider.dependsOnEpochs(provider.options, context);
}
