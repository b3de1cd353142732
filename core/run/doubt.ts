import { openCheckpoints } from "../store/checkpoints.ts";
import { shortKey } from "../store/manifest.ts";
import { onlyKeeps } from "../store/references-file.ts";
import type { Store, Verification } from "../store/store.ts";
import type { RunRecord } from "./run-record.ts";

/** A stored result that a damaged one may have spoilt. */
export interface Doubtful {
  readonly key: string;
  readonly stage: string;
  readonly why: string;
}

/**
 * Marks what was computed from damaged results, as the records of runs tell: it may be wrong though its own bytes are
 * whole. What is marked stays until the next run has made it again, and for ever where that gives the same content.
 */
export async function markDoubtful(
  store: Store,
  runs: readonly RunRecord[],
  damaged: readonly Verification[],
): Promise<readonly Doubtful[]> {
  const stages = runs.flatMap((run) => run.stages);
  const wholes = await store.list();
  const causes = new Map<string, string>();
  for (const { key, digest, kind } of damaged) {
    if (kind === "checkpoint" || kind === "trajectory") continue;
    const known = digest ?? stages.find((stage) => stage.key === key)?.digest;
    if (known !== undefined) causes.set(known, key);
    // What a damaged part belongs to is as good as damaged.
    for (const whole of wholes) {
      if (whole.references.includes(key) && !(await onlyKeeps(whole.directory, key))) causes.set(whole.digest, key);
    }
  }
  const gone = new Set(damaged.map(({ key }) => key));
  const doubtful = new Map<string, Doubtful>();
  for (const { key, stage, parts } of stages) {
    const inputs = Object.values((parts?.["inputs"] ?? {}) as Readonly<Record<string, readonly string[]>>).flat();
    const cause = inputs.map((input) => causes.get(input)).find((found) => found !== undefined);
    if (key === undefined || cause === undefined || gone.has(key) || doubtful.has(key)) continue;
    if (!wholes.some((whole) => whole.key === key)) continue;
    const why = `was computed from ${shortKey(cause)}, which is damaged`;
    await openCheckpoints(store, key).beginForced(why);
    doubtful.set(key, { key, stage, why });
  }
  return [...doubtful.values()];
}
