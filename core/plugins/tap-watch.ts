import { formatError } from "../errors/format.ts";
import { KdflowError, type SourcePlace } from "../errors/kdflow-error.ts";
import { printable } from "../errors/printable.ts";

/** One call of one plugin's tap. */
export interface TapCall {
  readonly plugin: string;
  /** Where the pipeline file names the plugin. */
  readonly place?: SourcePlace | undefined;
  /** Such as `stageEnd.train`. */
  readonly hook: string;
  /** The stage that the event is about, where there is one. */
  readonly stage: string | undefined;
}

/** A tap that does not come back: reported after a while, then ever more rarely. */
export type WaitingListener = (call: TapCall, waitedMs: number) => void;

/** Knows which taps are at work. */
export interface TapWatch {
  /** Marks a tap as working until the returned function is called. */
  begin(call: TapCall): () => void;
  onWaiting(listener: WaitingListener): void;
}

/** Waits before a pending tap is reported, unless told otherwise. */
const firstReportMs = 30_000;

/**
 * Watches the taps of one table of hooks. Its timers do not keep the process alive. When Node has nothing left to do
 * while a tap is pending, the process would end with exit code 0 and without a word; it then ends with
 * KDF_PLUGIN_HANG and exit code 1.
 */
export function createTapWatch(options: { readonly waitMs?: number } = {}): TapWatch {
  const waitMs = options.waitMs ?? firstReportMs;
  const pending = new Set<TapCall>();
  const listeners: WaitingListener[] = [];
  const onBeforeExit = (): void => {
    process.off("beforeExit", onBeforeExit);
    failForHanging([...pending]);
  };

  return {
    begin(call) {
      const startMs = performance.now();
      if (pending.size === 0) process.on("beforeExit", onBeforeExit);
      pending.add(call);
      const waitedMs = (): number => performance.now() - startMs;
      const cancel = repeatRarely(waitMs, () => {
        for (const listener of listeners) listener(call, waitedMs());
      });
      return () => {
        cancel();
        pending.delete(call);
        if (pending.size === 0) process.off("beforeExit", onBeforeExit);
      };
    },
    onWaiting: (listener) => {
      listeners.push(listener);
    },
  };
}

/** `waiting for plugin "x" in hook stageEnd.train (stage "train")`. */
export function describeCall(call: TapCall): string {
  const stage = call.stage === undefined ? "" : ` (stage "${call.stage}")`;
  return `plugin "${call.plugin}" in hook ${call.hook}${stage}`;
}

/** Calls `report` after `waitMs`, then after twice as long again, and so on, until cancelled. */
function repeatRarely(waitMs: number, report: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (ms: number): void => {
    timer = setTimeout(() => {
      report();
      wait(ms * 2);
    }, ms);
    timer.unref();
  };
  wait(waitMs);
  return () => clearTimeout(timer);
}

function failForHanging(calls: readonly TapCall[]): void {
  const error = new KdflowError("KDF_PLUGIN_HANG", `a promise of ${calls.map(describeCall).join(", ")} never settled`, {
    hint: [
      "nothing else is left to do, so the process ends here",
      "the plugin's tap has to resolve or reject its promise; report it to the plugin's author",
    ],
    where: calls.find((call) => call.place !== undefined)?.place,
  });
  for (const line of formatError(error, { color: false }).split("\n")) process.stderr.write(`${printable(line)}\n`);
  process.exitCode = 1;
}
