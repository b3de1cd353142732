import type { HookEvents } from "../plugins/hooks.ts";

/** Where the wall time of an epoch's steps went, as shares of 1; validation is not part of it. */
export interface EpochShares {
  readonly epoch: number;
  readonly waiting: number;
  readonly step: number;
  readonly reading: number;
  readonly rest: number;
}

const names: readonly (keyof EpochShares)[] = ["epoch", "waiting", "step", "reading", "rest"];

/** What a training logs as `timeShares` at the end of an epoch; `undefined` for anything else. */
export function sharesOfLog({ event, data }: HookEvents["log"]): EpochShares | undefined {
  if (event !== "timeShares" || !names.every((name) => Number.isFinite(data[name]))) return undefined;
  const { epoch, waiting, step, reading, rest } = data as Readonly<Record<keyof EpochShares, number>>;
  return { epoch, waiting, step, reading, rest };
}
