import { KdflowError } from "../../../core/index.ts";

/** Layers that do not learn: for good, or until an epoch. */
export type FreezeOption = readonly string[] | { readonly layers: readonly string[]; readonly until: number };

/** The patterns of `freeze` as a list, as they are written in messages. */
export function frozenPatterns(freeze: FreezeOption = []): readonly string[] {
  return "layers" in freeze ? freeze.layers : freeze;
}

/** True where the layers of `freeze` learn from some epoch on. */
export function thaws(freeze: FreezeOption = []): freeze is Exclude<FreezeOption, readonly string[]> {
  return "layers" in freeze;
}

/**
 * How many epochs at the start leave layers frozen that learn afterwards. `until` below 1 is a share of the training,
 * rounded to whole epochs and one at least.
 */
export function frozenEpochs(freeze: FreezeOption | undefined, epochs: number): number {
  if (!thaws(freeze)) return 0;
  const { until } = freeze;
  return until < 1 ? Math.max(1, Math.round(until * epochs)) : until;
}

/** @throws KDF_PLAN_OPTIONS for an end within an epoch */
export function checkFreezing(freeze: FreezeOption | undefined): void {
  if (!thaws(freeze) || freeze.until < 1 || Number.isInteger(freeze.until)) return;
  throw new KdflowError("KDF_PLAN_OPTIONS", `\`until: ${freeze.until}\` is no whole number of epochs`, {
    hint: "layers begin to learn at the beginning of an epoch; below 1 it is a share of the training",
    option: "/freeze/until",
  });
}

/** What makes the frozen epochs depend on how many epochs there are in all, in words. */
export function freezingDependence(freeze: FreezeOption | undefined): string | undefined {
  return thaws(freeze) && freeze.until < 1 ? "`freeze` until a share of the training" : undefined;
}
