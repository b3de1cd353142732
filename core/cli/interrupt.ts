import { KdflowError } from "../errors/kdflow-error.ts";
import type { CommandOutput } from "./output.ts";

/** The interrupts of one run. */
export interface InterruptWatch {
  /** Aborted by the first SIGINT, SIGTERM, SIGHUP or SIGPIPE, with KDF_RUN_INTERRUPTED as reason. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  close(): void;
}

/** SIGHUP: the terminal was closed; SIGPIPE: nobody reads the output any more, of which each write tells again. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"] as const;

/**
 * Listens for Ctrl-C: the first asks the work to end well, the second ends the process at once. So does the first in
 * a call that blocks the event loop for long, where nobody could listen: what is committed stays.
 *
 * @param doing what the first one is answered with, such as `finishing the batch…`
 */
export function watchInterrupts(output: CommandOutput, doing: string): InterruptWatch {
  const controller = new AbortController();
  const onSignal = (name: string): void => {
    if (controller.signal.aborted) {
      if (name === "SIGPIPE") return;
      output.line.clear();
      output.exit(130);
      return;
    }
    output.say(`${doing} (again to stop at once)`);
    controller.abort(new KdflowError("KDF_RUN_INTERRUPTED", `interrupted by ${name}`));
  };
  const listen = (): void => {
    for (const name of signals) process.on(name, onSignal);
  };
  const close = (): void => {
    for (const name of signals) process.off(name, onSignal);
  };
  listen();
  controller.signal.addEventListener("blockingStarts", close);
  controller.signal.addEventListener("blockingEnds", listen);
  return { signal: controller.signal, close };
}
