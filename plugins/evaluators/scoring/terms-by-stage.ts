import type { Metrics } from "../../../core/index.ts";
import type { Contestant } from "./contestant.ts";

/**
 * The loss terms of the trainings behind what was scored, epoch after epoch: mean values, weights, and norms of the
 * weighted gradients where they were measured. `undefined` where no history tells of any.
 */
export function termsByStage(contestants: readonly Pick<Contestant, "stage" | "description">[]): Metrics["terms"] {
  const entries = contestants.flatMap(({ stage, description }) => {
    const epochs = (description?.history ?? []).flatMap(({ epoch, losses, balance }) =>
      balance === undefined ? [] : [{ epoch, losses, balance }],
    );
    return epochs.length === 0 ? [] : [[stage, epochs] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
