import { AsyncLocalStorage } from "node:async_hooks";
import { KdflowError, type SourcePlace } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { TapCall, TapWatch } from "./tap-watch.ts";

/** A tap as tapable keeps it. */
interface RegisteredTap {
  readonly name: string;
  readonly type: "sync" | "async" | "promise";
  // biome-ignore lint/complexity/noBannedTypes: tapable's own type of a tap's function
  readonly fn: Function;
  readonly before?: string | readonly string[];
}

/** What is needed of a hook; tapable's hooks have no common exported type. */
interface AnyHook {
  readonly taps: readonly { readonly name: string }[];
  intercept(interceptor: { register: <T extends RegisteredTap>(tap: T) => T }): void;
}

/** How a hook treats its taps. */
export type HookMode = "series" | "sync" | "waterfall";

export interface GuardOptions {
  readonly mode: HookMode;
  readonly watch: TapWatch;
  /** Makes the event that the taps of one plugin get; default: the event itself. */
  readonly present?: (event: unknown, plugin: string) => unknown;
  /** Takes what a tap of a series hook throws, and the other taps are called all the same; default: the hook fails. */
  readonly failed?: (error: unknown, call: TapCall) => void;
}

/** The plugin whose `apply` is running; taps made by it, or by work it started, are its own whatever their name. */
const owner = new AsyncLocalStorage<TapOwner>();

interface TapOwner {
  readonly plugin: string;
  /** Where the pipeline file names it. */
  readonly place: SourcePlace | undefined;
}

/** Runs `work`; taps that it registers belong to `plugin`. */
export function tapAs<T>(plugin: string, place: SourcePlace | undefined, work: () => T): T {
  return owner.run({ plugin, place }, work);
}

/** Observers of the engine's own; what they throw on purpose is not a plugin's failure. */
const enginePrefix = "kdflow:";

/**
 * Guards one hook with a `register` interceptor. Bare tapable does not await `tap(name, async …)`, lets errors go
 * without the plugin's name, and puts a tap with an unknown `before` first. Here every tap of a series hook is
 * awaited, every failure names plugin, hook and stage, and every tap is watched for hanging.
 */
export function guardHook<H extends AnyHook>(hook: H, name: string, options: GuardOptions): H {
  hook.intercept({
    register: (tap) => {
      checkBefore(tap, hook, name);
      const { plugin, place } = owner.getStore() ?? { plugin: tap.name, place: undefined };
      const guarded: GuardedTap = { ...options, tap, hook: name, plugin, place };
      return options.mode === "series"
        ? { ...tap, type: "promise", fn: awaited(guarded) }
        : { ...tap, fn: immediate(guarded) };
    },
  });
  return hook;
}

interface GuardedTap extends GuardOptions {
  readonly tap: RegisteredTap;
  readonly hook: string;
  readonly plugin: string;
  readonly place: SourcePlace | undefined;
}

function checkBefore(tap: RegisteredTap, hook: AnyHook, name: string): void {
  const known = hook.taps.map((other) => other.name);
  for (const before of [tap.before ?? []].flat()) {
    if (known.includes(before)) continue;
    throw new KdflowError(
      "KDF_PLUGIN_HOOK_UNKNOWN",
      `plugin "${tap.name}" wants to be before "${before}" in hook ${name}, which has no such tap`,
      { hint: [allowedHint(before, known, "taps so far"), "a plugin can only stand before plugins listed earlier"] },
    );
  }
}

/** A tap of a series hook, whatever its style, as one that returns a promise. */
function awaited({ tap, hook, plugin, place, watch, present, failed }: GuardedTap): (event: unknown) => Promise<void> {
  return async (event) => {
    const call: TapCall = { plugin, place, hook, stage: stageOf(event) };
    const end = watch.begin(call);
    try {
      const shown = frozen(present === undefined ? event : present(event, plugin));
      if (tap.type === "async") await callbackTap(tap, shown);
      else await tap.fn(shown);
    } catch (error) {
      if (failed === undefined) throw hookError(error, call);
      failed(hookError(error, call), call);
    } finally {
      end();
    }
  };
}

function callbackTap(tap: RegisteredTap, event: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    tap.fn(event, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}

/** A tap of a synchronous hook. What it returns matters in a waterfall alone, where nothing means no change. */
function immediate({ tap, hook, plugin, place, mode }: GuardedTap): (event: unknown) => unknown {
  return (event) => {
    const call: TapCall = { plugin, place, hook, stage: stageOf(event) };
    try {
      const result: unknown = tap.fn(mode === "waterfall" ? event : frozen(event));
      refusePromise(result);
      if (mode !== "waterfall") return undefined;
      if (result !== undefined && (typeof result !== "object" || result === null)) {
        throw new TypeError(`the tap returned ${String(result)}; it has to return the changed value, or nothing`);
      }
      return result;
    } catch (error) {
      throw hookError(error, call);
    }
  };
}

function refusePromise(result: unknown): void {
  if (typeof result !== "object" || result === null || !("then" in result) || typeof result.then !== "function") return;
  result.then(undefined, () => undefined);
  throw new TypeError("the tap is asynchronous, but this hook cannot wait; do such work in stageEnd or runEnd");
}

function frozen(event: unknown): unknown {
  return typeof event === "object" && event !== null ? Object.freeze(event) : event;
}

function stageOf(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null || !("stage" in event)) return undefined;
  return typeof event.stage === "string" ? event.stage : undefined;
}

/** The error of a tap with plugin, hook and stage; errors that name a plugin already stay as they are. */
function hookError(thrown: unknown, call: TapCall): unknown {
  if (thrown instanceof KdflowError) {
    if (call.plugin.startsWith(enginePrefix) || thrown.code.startsWith("KDF_PLUGIN_")) return thrown;
  }
  const cause = thrown instanceof Error ? thrown : new Error(`the tap threw ${thrown ? String(thrown) : "nothing"}`);
  const stage = call.stage === undefined ? "" : ` for stage "${call.stage}"`;
  return new KdflowError("KDF_PLUGIN_HOOK", `plugin "${call.plugin}" failed in hook ${call.hook}${stage}`, {
    hint: "take the plugin out of `plugins:`, or report it to its author",
    where: call.place,
    cause,
  });
}
