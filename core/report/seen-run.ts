import { toJson } from "../errors/format.ts";
import type { HookEvents, Hooks } from "../plugins/hooks.ts";
import { type EpochShares, sharesOfLog } from "./epoch-shares.ts";
import { tapEvents } from "./tap-events.ts";
import type { CurveEpoch } from "./training-curve.ts";

/** A stage of the plan with how far it came. */
export interface SeenStage {
  readonly stage: string;
  readonly kind: string;
  readonly provider: string;
  readonly state: "run" | "reuse" | "failed" | "interrupted" | "not reached";
  readonly key: string | undefined;
  readonly durationMs: number | undefined;
  /** What it failed with. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/** What the report shows of a run beside its record; grows while the run goes on. */
export interface SeenRun {
  /** In the order in which they run. */
  readonly stages: ReadonlyMap<string, SeenStage>;
  readonly notes: readonly string[];
  readonly warnings: readonly HookEvents["warning"][];
  /** Epochs that ended in this run, by stage. */
  readonly epochs: ReadonlyMap<string, readonly CurveEpoch[]>;
  /** Where the time of these epochs went, by stage. */
  readonly shares: ReadonlyMap<string, readonly EpochShares[]>;
}

const notReached = { state: "not reached", durationMs: undefined, error: undefined } as const;

/** Watches a run for its report. */
export function observeRun(hooks: Hooks): SeenRun {
  const stages = new Map<string, SeenStage>();
  const notes: string[] = [];
  const warnings: HookEvents["warning"][] = [];
  const epochs = new Map<string, CurveEpoch[]>();
  const shares = new Map<string, EpochShares[]>();
  let startedMs = 0;

  function change(stage: string, to: Partial<SeenStage>): void {
    const seen = stages.get(stage);
    if (seen !== undefined) stages.set(stage, { ...seen, ...to });
  }

  tapEvents(hooks, "kdflow:report", ({ name, event }) => {
    if (name === "planned") {
      notes.push(...event.notes);
      for (const { stage, kind, provider, key } of event.stages) {
        stages.set(stage, { ...notReached, stage, kind, provider, key });
      }
    } else if (name === "stageStart") {
      startedMs = performance.now();
      // A stage that is neither ended nor failed when the run is over was interrupted.
      change(event.stage, { key: event.key, state: "interrupted" });
    } else if (name === "stageSkipped") change(event.stage, { key: event.key, state: "reuse" });
    else if (name === "stageEnd") change(event.stage, { state: "run", durationMs: event.durationMs });
    else if (name === "stageFailed") {
      const { code, message } = toJson(event.error);
      const wasAtWork = stages.get(event.stage)?.state === "interrupted";
      const lastedMs = wasAtWork ? { durationMs: performance.now() - startedMs } : {};
      change(event.stage, { state: "failed", error: { code, message }, ...lastedMs });
    } else if (name === "warning") warnings.push(event);
    else if (name === "epochEnd") {
      const { stage, epoch, values } = event;
      append(epochs, stage, { epoch, values });
    } else if (name === "log") append(shares, event.stage, sharesOfLog(event));
  });
  return { stages, notes, warnings, epochs, shares };
}

function append<T>(lists: Map<string, T[]>, stage: string, item: T | undefined): void {
  if (item !== undefined) lists.set(stage, [...(lists.get(stage) ?? []), item]);
}
