import { AsyncSeriesHook, HookMap, SyncHook, SyncWaterfallHook } from "tapable";
import { type FamilyName, familyNames, type KindName, kindNames } from "../contracts/kinds.ts";
import { toJson } from "../errors/format.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { EpochEvent, Progress } from "./context.ts";
import { type GuardOptions, guardHook } from "./interceptor.ts";
import { signRequest } from "./provide-request.ts";
import type { Provider } from "./provider.ts";
import { createTapWatch, describeCall, type TapCall, type TapWatch } from "./tap-watch.ts";

/** One look-up of a provider: every tap sees it, one may claim it. */
export interface ProvideRequest {
  readonly family: FamilyName;
  readonly id: string;
  /** Answers the request. A second claim is an error that names both plugins. */
  claim(provider: Provider): void;
}

/** The state a stage has in a plan. */
export type PlanState = "run" | "reuse" | "depends";

export interface StageEvent {
  readonly stage: string;
  readonly kind: KindName;
  readonly provider: string;
  readonly key: string;
}

/** The events that observers get; frozen objects. */
export interface HookEvents {
  planned: {
    readonly pipeline: string;
    readonly stages: readonly {
      readonly stage: string;
      readonly kind: KindName;
      readonly provider: string;
      readonly state: PlanState;
      /** Unknown while an input still has to be computed. */
      readonly key: string | undefined;
      /** Why: `new`, `option temperature changed: 4 → 2 (pipeline.yaml:14)`, `depends on teacher`. */
      readonly reasons: readonly string[];
    }[];
    /** Things done on the user's behalf that they should know: the baseline's loss, reduced presets. */
    readonly notes: readonly string[];
  };
  runStart: {
    readonly runId: string;
    readonly pipeline: string;
    readonly directory: string;
    readonly backend: string;
    readonly backendDetails: Readonly<Record<string, string | number>>;
  };
  stageStart: StageEvent;
  stageEnd: StageEvent & { readonly durationMs: number; readonly digest: string; readonly bytes: number };
  stageSkipped: StageEvent & { readonly digest: string };
  stageFailed: { readonly stage: string; readonly kind: KindName; readonly error: unknown };
  progress: { readonly stage: string } & Progress;
  epochEnd: { readonly stage: string } & EpochEvent;
  artifact: StageEvent & { readonly directory: string; readonly digest: string };
  warning: { readonly stage: string | undefined; readonly event: string; readonly message: string };
  log: {
    readonly stage: string;
    readonly level: "debug" | "info";
    /** What happened, as a stable name. */
    readonly event: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
  runEnd: {
    readonly runId: string;
    readonly directory: string;
    readonly status: "ok" | "failed" | "interrupted";
    readonly durationMs: number;
    /** Rows of every `evaluate` stage, by stage name. */
    readonly metrics: Readonly<Record<string, unknown>>;
    /** Folders of the results of `export` stages that are done, by stage name; absolute. */
    readonly exports: Readonly<Record<string, string>>;
    readonly error?: { readonly code: string; readonly message: string; readonly stage: string | undefined };
  };
}

export type HookName = "provide" | "configResolved" | keyof HookEvents;

/**
 * All hooks, in one frozen table. `provide` answers *what* (one hook per family); the others answer *when*.
 * Stage boundaries are maps by kind and awaited; the rest are synchronous and get frozen events.
 */
export interface Hooks {
  /** Supplies providers; one hook per family, every tap is asked. */
  readonly provide: HookMap<AsyncSeriesHook<[ProvideRequest]>>;
  /** The composed pipeline as plain data, before validation; a tap may return a changed copy. */
  readonly configResolved: SyncWaterfallHook<[Readonly<Record<string, unknown>>]>;
  /** The plan is made and checked. */
  readonly planned: SyncHook<[HookEvents["planned"]]>;
  /** A run begins; its folder exists. */
  readonly runStart: AsyncSeriesHook<[HookEvents["runStart"]]>;
  /** A stage is about to work; by kind. */
  readonly stageStart: HookMap<AsyncSeriesHook<[HookEvents["stageStart"]]>>;
  /** A stage's artifact is committed; by kind. */
  readonly stageEnd: HookMap<AsyncSeriesHook<[HookEvents["stageEnd"]]>>;
  /** A stage's artifact is reused; by kind. */
  readonly stageSkipped: HookMap<AsyncSeriesHook<[HookEvents["stageSkipped"]]>>;
  /** A stage threw; by kind. */
  readonly stageFailed: HookMap<AsyncSeriesHook<[HookEvents["stageFailed"]]>>;
  /** Work went on inside a stage; at most ten times a second. */
  readonly progress: SyncHook<[HookEvents["progress"]]>;
  /** A training epoch ended. */
  readonly epochEnd: SyncHook<[HookEvents["epochEnd"]]>;
  /** An artifact is in the store, new or reused. */
  readonly artifact: AsyncSeriesHook<[HookEvents["artifact"]]>;
  /** Something the user should read, though the run goes on. */
  readonly warning: SyncHook<[HookEvents["warning"]]>;
  /** A stage notes what it does, for whoever looks closer. */
  readonly log: SyncHook<[HookEvents["log"]]>;
  /** The run is over, whatever its end. */
  readonly runEnd: AsyncSeriesHook<[HookEvents["runEnd"]]>;
}

/** What a plugin's `apply` gets. */
export interface Engine {
  /** Version of the plugin API. */
  readonly apiVersion: string;
  readonly hooks: Hooks;
}

/**
 * Makes the table of hooks, each guarded by the interceptor (see `interceptor.ts`). A plugin that keeps the run
 * waiting is reported through `warning`.
 *
 * @param watch knows which taps are at work
 */
export function createHooks(watch: TapWatch = createTapWatch()): Hooks {
  const sync = <E>(name: HookName): SyncHook<[E]> =>
    guardHook(new SyncHook<[E]>(["event"]), name, { mode: "sync", watch });
  const series = <E>(name: string, more?: Pick<GuardOptions, "present" | "failed">): AsyncSeriesHook<[E]> =>
    guardHook(new AsyncSeriesHook<[E]>(["event"]), name, { mode: "series", watch, ...more });
  const byKind = <E>(name: HookName, more?: Pick<GuardOptions, "failed">): HookMap<AsyncSeriesHook<[E]>> =>
    new HookMap((key) => series<E>(`${name}.${knownKey(name, key, kindNames, "kind")}`, more), name);
  const endFailures: unknown[] = [];
  const hooks: Hooks = Object.freeze({
    provide: new HookMap((key) => {
      const family = knownKey("provide", key, familyNames, "family");
      return series<ProvideRequest>(`provide.${family}`, { present: signRequest });
    }, "provide"),
    configResolved: guardHook(
      new SyncWaterfallHook<[Readonly<Record<string, unknown>>]>(["config"]),
      "configResolved",
      { mode: "waterfall", watch },
    ),
    planned: sync<HookEvents["planned"]>("planned"),
    runStart: series<HookEvents["runStart"]>("runStart"),
    stageStart: byKind<HookEvents["stageStart"]>("stageStart"),
    stageEnd: byKind<HookEvents["stageEnd"]>("stageEnd"),
    stageSkipped: byKind<HookEvents["stageSkipped"]>("stageSkipped"),
    stageFailed: byKind<HookEvents["stageFailed"]>("stageFailed", {
      failed: (error, call) => warnOfObserver(error, call, hooks),
    }),
    progress: sync<HookEvents["progress"]>("progress"),
    epochEnd: sync<HookEvents["epochEnd"]>("epochEnd"),
    artifact: series<HookEvents["artifact"]>("artifact"),
    warning: sync<HookEvents["warning"]>("warning"),
    log: sync<HookEvents["log"]>("log"),
    runEnd: forAll(series<HookEvents["runEnd"]>("runEnd", { failed: keepForLast(endFailures) }), endFailures),
  });
  watch.onWaiting((call, waitedMs) => {
    const message = `waiting for ${describeCall(call)} since ${Math.round(waitedMs / 1000)} s`;
    hooks.warning.call({ stage: call.stage, event: "pluginWaiting", message });
  });
  return hooks;
}

/** The engine's own tap after all others. */
const lastTap = { name: "kdflow:last", stage: Number.POSITIVE_INFINITY };

/** Keeps what taps throw until all of them had the event. */
function keepForLast(failures: unknown[]): NonNullable<GuardOptions["failed"]> {
  return (error, { plugin }) => {
    if (plugin === lastTap.name) throw error;
    failures.push(error);
  };
}

/** Fails the hook with what the first tap threw, once all had the event. */
function forAll<E>(hook: AsyncSeriesHook<[E]>, failures: unknown[]): AsyncSeriesHook<[E]> {
  hook.tapPromise(lastTap, async () => {
    const [first] = failures.splice(0);
    if (first !== undefined) throw first;
  });
  return hook;
}

/** What an observer throws must not hide why the stage failed, not even where it throws at the warning of that too. */
function warnOfObserver(thrown: unknown, { stage }: TapCall, hooks: Hooks): void {
  const { message, cause } = toJson(thrown);
  const why = cause === undefined ? "" : ` (${cause})`;
  try {
    hooks.warning.call(Object.freeze({ stage, event: "observerFailed", message: `${message}${why}` }));
  } catch {
    // the stage's own error is told at the end of the run
  }
}

/** Without this check a typo would make a hook that is never called. */
function knownKey(hook: HookName, key: unknown, keys: readonly string[], noun: string): string {
  if (typeof key === "string" && keys.includes(key)) return key;
  throw new KdflowError("KDF_PLUGIN_HOOK_UNKNOWN", `hook ${hook} has no ${noun} "${String(key)}"`, {
    hint: [allowedHint(String(key), keys), `tap it with hooks.${hook}.for("${keys[0]}").tapPromise(…)`],
  });
}
