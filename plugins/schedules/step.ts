import { defineProvider, type ProviderOf, type Schedule } from "../../core/index.ts";
import type { SchedulesStepOptions } from "../options.ts";

/** Fractions of the run are rounded: 0.7 · 10 is above 7, and the drop must not come one step late. */
const EPOCH_TOLERANCE = 1e-9;

/**
 * Multiplies by `gamma` at every milestone: gamma^(milestones passed). A milestone below 1 is a fraction of the run, any
 * other an epoch.
 */
export const step: ProviderOf<"schedules"> = defineProvider<"schedules", SchedulesStepOptions>("schedules", {
  id: "step",
  summary: "drops by a factor at milestones",
  cacheVersion: 1,
  dependsOnEpochs: ({ milestones }) => (milestones.some(isFraction) ? "step at a fraction of the run" : undefined),
  create: ({ milestones, gamma }): Schedule => ({
    factor: (epoch, epochs) => {
      const passed = milestones.filter((milestone) => {
        const at = isFraction(milestone) ? milestone * epochs : milestone;
        return epoch >= at - EPOCH_TOLERANCE;
      });
      return gamma ** passed.length;
    },
  }),
});

function isFraction(milestone: number): boolean {
  return milestone < 1;
}
