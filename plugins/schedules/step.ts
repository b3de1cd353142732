import { defineProvider, type ProviderOf, type Schedule } from "../../core/index.ts";
import type { SchedulesStepOptions } from "../options.ts";

/** Fractions of the run are rounded: 0.7 · 10 is above 7, and the drop must not come one step late. */
const EPOCH_TOLERANCE = 1e-9;

/** Multiplies by `gamma` at every milestone, a fraction of the run: gamma^(milestones passed). */
export const step: ProviderOf<"schedules"> = defineProvider<"schedules", SchedulesStepOptions>("schedules", {
  id: "step",
  summary: "drops by a factor at milestones",
  cacheVersion: 1,
  create: ({ milestones, gamma }): Schedule => ({
    factor: (epoch, epochs) =>
      gamma ** milestones.filter((milestone) => epoch >= milestone * epochs - EPOCH_TOLERANCE).length,
  }),
});
