import { defineProvider, type ProviderOf, type Schedule } from "../../core/index.ts";
import type { SchedulesWarmUpOptions } from "../options.ts";
import { scheduleDependence } from "./dependence/schedule-dependence.ts";

/**
 * Rises from 0 to 1 in a straight line over `epochs`, then gives the rest of the run, as a run of its own, to `then`.
 *
 * @see Goyal et al. (2017), arXiv:1706.02677, §2.2
 */
export const warmUp: ProviderOf<"schedules"> = defineProvider<"schedules", SchedulesWarmUpOptions>("schedules", {
  id: "warm-up",
  summary: "rises from zero, then follows another schedule",
  reference: "arXiv:1706.02677",
  cacheVersion: 1,
  dependsOnEpochs: ({ then }, context) => scheduleDependence(then, context),
  create: async ({ epochs: rise, then }, context): Promise<Schedule> => {
    const rest = await context.provider("schedules", then);
    return {
      factor: (epoch, epochs) => (epoch < rise ? epoch / rise : rest.factor(epoch - rise, epochs - rise)),
    };
  },
});
