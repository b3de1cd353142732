import {
  type CreateContext,
  defineProvider,
  type PlanContext,
  type ProviderOf,
  type ProviderUse,
  type Schedule,
} from "../../../core/index.ts";
import { bindProvider } from "../../../core/plugins/bind-provider.ts";
import { constant } from "../../../plugins/schedules/constant.ts";
import { cosine } from "../../../plugins/schedules/cosine.ts";
import { scheduleDependence } from "../../../plugins/schedules/dependence/schedule-dependence.ts";
import { step } from "../../../plugins/schedules/step.ts";
import { warmUp } from "../../../plugins/schedules/warm-up.ts";

const providers: Readonly<Record<string, ProviderOf<"schedules">>> = { constant, cosine, step, "warm-up": warmUp };

const context = {
  provider: (_family: string, use: ProviderUse) => createSchedule(use),
} as unknown as CreateContext;

/** A schedule from a use whose options are complete. */
export async function createSchedule({ use, ...options }: ProviderUse): Promise<Schedule> {
  const provider = providers[use];
  if (provider === undefined) throw new Error(`there is no schedule "${use}"`);
  return provider.create(options as never, context);
}

export function warmUpUse(epochs: number, rest: ProviderUse): ProviderUse {
  // biome-ignore lint/suspicious/noThenProperty: an option's name, of an object that nobody awaits
  return { use: "warm-up", epochs, then: rest };
}

const silent = defineProvider<"schedules", object>("schedules", {
  id: "silent",
  summary: "does not say what it depends on",
  cacheVersion: 1,
  create: (): Schedule => ({ factor: () => 1 }),
});

/** What makes a schedule depend on the number of epochs; `silent` is one that does not say. */
export function dependenceOf(use: ProviderUse): string | undefined {
  const lookup = (_family: string, named: ProviderUse) =>
    bindProvider<"schedules">(providers[named.use] ?? silent, named);
  return scheduleDependence(use, { lookup } as unknown as PlanContext);
}
