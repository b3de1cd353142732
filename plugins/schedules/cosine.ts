import { defineProvider, type ProviderOf, type Schedule } from "../../core/index.ts";
import type { SchedulesCosineOptions } from "../options.ts";

/**
 * Half a cosine from 1 to `final`: final + (1 − final) · (1 + cos(π · epoch / epochs)) / 2.
 *
 * @see Loshchilov, Hutter (2016), arXiv:1608.03983, eq. 5
 */
export const cosine: ProviderOf<"schedules"> = defineProvider<"schedules", SchedulesCosineOptions>("schedules", {
  id: "cosine",
  summary: "half a cosine down to a final fraction",
  reference: "arXiv:1608.03983",
  cacheVersion: 1,
  dependsOnEpochs: () => "cosine",
  create: ({ final }): Schedule => ({
    factor: (epoch, epochs) => final + ((1 - final) * (1 + Math.cos(Math.PI * Math.min(1, epoch / epochs)))) / 2,
  }),
});
