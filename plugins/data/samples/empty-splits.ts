import type { SplitName } from "../../../core/index.ts";

/**
 * The splits that are known, while planning, to have no samples: no file names them and no share of training is held out.
 *
 * @param shares of the training samples that are held out, 0 … 1
 * @param given splits that files name
 */
export function emptySplits(
  shares: Readonly<Partial<Record<SplitName, number>>>,
  given: ReadonlySet<SplitName>,
): readonly SplitName[] {
  return (["validation", "test"] as const).filter((name) => !given.has(name) && (shares[name] ?? 0) === 0);
}
