import { setImmediate } from "node:timers/promises";

/**
 * Lets signals, timers and the terminal have their turn between two parts of a long preparation, each of which holds
 * the thread.
 *
 * @throws the signal's reason where it was aborted
 */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
