import { kindNames } from "../contracts/kinds.ts";
import type { HookEvents, Hooks } from "../plugins/hooks.ts";

/** Every event that an observer may get, as one discriminated union. */
export type ReportEvent = {
  [N in keyof HookEvents]: { readonly name: N; readonly event: HookEvents[N] };
}[keyof HookEvents];

const byKind = ["stageStart", "stageEnd", "stageSkipped", "stageFailed"] as const;
const awaited = ["runStart", "artifact", "runEnd"] as const;
const synchronous = ["planned", "progress", "epochEnd", "warning", "log"] as const;

/** Sends the events of all hooks, of all kinds, to one function. Runs after other taps so that it reports what held. */
export function tapEvents(hooks: Hooks, observer: string, report: (event: ReportEvent) => void): void {
  const options = { name: observer, stage: 100 };
  const forward =
    <N extends keyof HookEvents>(name: N) =>
    (event: HookEvents[N]): void =>
      report({ name, event } as ReportEvent);
  for (const name of byKind) {
    for (const kind of kindNames) {
      hooks[name].for(kind).tap(options, forward(name));
    }
  }
  for (const name of awaited) hooks[name].tap(options, forward(name));
  for (const name of synchronous) hooks[name].tap(options, forward(name));
}
