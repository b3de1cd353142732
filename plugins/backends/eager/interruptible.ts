import { setImmediate } from "node:timers/promises";
import type { Backend } from "../../../core/index.ts";

/** Signals may wait that long for a call that blocks the event loop, which alone can serve them. */
const servedWithinMs = 1500;

/** Tells of calls that may block for long: those after a slow one of the same kind, and where `untimed`, the first. */
function telling(signal: AbortSignal, untimed: boolean): <T>(call: () => Promise<T>) => Promise<T> {
  let isSlow = untimed;
  return async (call) => {
    if (isSlow) {
      await setImmediate();
      signal.throwIfAborted();
      signal.dispatchEvent(new Event("blockingStarts"));
    }
    const startedMs = performance.now();
    try {
      return await call();
    } finally {
      if (isSlow) signal.dispatchEvent(new Event("blockingEnds"));
      isSlow = performance.now() - startedMs > servedWithinMs;
    }
  };
}

/** The backend with steps and forward passes that tell the signal when they may block the event loop for long. */
export function interruptible(backend: Backend, signal: AbortSignal | undefined): Backend {
  if (signal === undefined) return backend;
  const untimed = backend.blocks === true;
  return {
    ...backend,
    async createStep(spec) {
      const step = await backend.createStep(spec);
      const [onRun, onPredict] = [telling(signal, untimed), telling(signal, untimed)];
      return {
        mode: step.mode,
        ...(step.eagerReason !== undefined && { eagerReason: step.eagerReason }),
        run: (...batch) => onRun(() => step.run(...batch)),
        predict: (...batch) => onPredict(() => step.predict(...batch)),
        readState: () => step.readState(),
        writeState: (state) => step.writeState(state),
        dispose: () => step.dispose(),
      };
    },
    createForward(spec) {
      const forward = backend.createForward(spec);
      const onRun = telling(signal, untimed);
      return { run: (...batch) => onRun(() => forward.run(...batch)), dispose: () => forward.dispose() };
    },
  };
}
