import type { PlanContext, ProviderUse } from "../../../core/index.ts";

/** What makes a schedule depend on how many epochs there are in all, in words; one that does not say is taken to. */
export function scheduleDependence(schedule: ProviderUse, context: PlanContext): string | undefined {
  const provider = context.lookup("schedules", schedule);
  return provider.dependsOnEpochs === undefined ? schedule.use : provider.dependsOnEpochs(provider.options, context);
}
