import { defineProvider, type ProviderOf, type Schedule } from "../../core/index.ts";
import type { SchedulesConstantOptions } from "../options.ts";

/** The base learning rate all the time. */
export const constant: ProviderOf<"schedules"> = defineProvider<"schedules", SchedulesConstantOptions>("schedules", {
  id: "constant",
  summary: "the base learning rate all the time",
  cacheVersion: 1,
  dependsOnEpochs: () => undefined,
  create: (): Schedule => ({ factor: () => 1 }),
});
