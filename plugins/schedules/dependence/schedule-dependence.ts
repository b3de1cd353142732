import type { PlanContext, ProviderUse } from "../../../core/index.ts";

/** What makes a schedule depend on how many epochs there are in all, in words; one that does not say is taken to. */
export function scheduleDependence(schedule: ProviderUse, context: PlanContext): string | undefined {
  const provider = context.lookup("schedules", schedule);
  if (provider.dependsOnEpochs === undefined) return schedule.use;
  const { use: _id, ...options } = schedule;
  // The options passed this provider's own schema, whose type a look-up by name cannot know.
  return provider.dependsOnEpochs(options as never, context);
}
