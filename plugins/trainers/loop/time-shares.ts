/** Where the wall time of an epoch's steps went, as shares that add up to 1. */
export interface TimeShares {
  /** For the next batch. */
  readonly waiting: number;
  /** In training steps. */
  readonly step: number;
  /** For losses to come back from the device: what steps that read them took longer than the others. */
  readonly reading: number;
  /** In everything else: preparing inputs, reports, checkpoints. */
  readonly rest: number;
}

/** Measures an epoch. */
export interface EpochClock {
  /** Called when a batch is there. */
  gotBatch(): void;
  /** Times one step. */
  step<T>(reads: boolean, run: () => Promise<T>): Promise<T>;
  /** Called before the next batch is asked for. */
  asksForBatch(): void;
  shares(): TimeShares;
}

/**
 * Starts when the first batch is asked for.
 *
 * @param now the time in milliseconds
 */
export function createEpochClock(now: () => number = () => performance.now()): EpochClock {
  const startMs = now();
  let askedMs = startMs;
  let waitingMs = 0;
  const plain = { steps: 0, ms: 0 };
  const reading = { steps: 0, ms: 0 };
  return {
    gotBatch() {
      waitingMs += now() - askedMs;
    },
    async step(reads, run) {
      const beganMs = now();
      const result = await run();
      const part = reads ? reading : plain;
      part.steps += 1;
      part.ms += now() - beganMs;
      return result;
    },
    asksForBatch() {
      askedMs = now();
    },
    shares() {
      const totalMs = now() - startMs;
      const usualMs = plain.steps === 0 ? reading.ms : (plain.ms / plain.steps) * reading.steps;
      const readingMs = Math.max(0, reading.ms - usualMs);
      const stepMs = plain.ms + reading.ms - readingMs;
      const share = (ms: number): number => (totalMs === 0 ? 0 : ms / totalMs);
      const rest = Math.max(0, totalMs - waitingMs - stepMs - readingMs);
      return { waiting: share(waitingMs), step: share(stepMs), reading: share(readingMs), rest: share(rest) };
    },
  };
}
