/**
 * How rivals, each a process of its own, talk with the bench: lines of JSON on their stdout, numbers on their stdin.
 *
 * A rival warms up and says {@link RivalReady}, or {@link RivalSkipped}. For every line `steps` it then runs some steps
 * to settle and times that many more: {@link RivalRound}. It ends when its stdin does.
 */
import { createInterface } from "node:readline";
import { readBatches, readSetup } from "./step-files.ts";
import type { StepBatch, StepSetup } from "./step-setup.ts";

export interface RivalReady {
  /** Trained weights. */
  readonly parameters: number;
  /** Loss of each warm-up step; all rivals have the same network, weights and batches. */
  readonly losses: readonly number[];
  /** The first step, and what has to be done for it: capturing, compiling. */
  readonly firstStepMs: number;
  readonly versions: Readonly<Record<string, string>>;
}

export interface RivalRound {
  /** Milliseconds of each step. */
  readonly times: readonly number[];
}

export interface RivalSkipped {
  readonly skipped: string;
}

export interface Rival {
  readonly parameters: number;
  /** Making the step; 0 where there is nothing to make. */
  readonly createMs: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Trains on one batch and gives the loss. */
  step(batch: StepBatch): Promise<number>;
}

export interface RivalRequest {
  readonly folder: string;
  readonly setup: StepSetup;
  readonly batches: readonly StepBatch[];
  readonly variant: string;
  /** Threads to use, or `undefined` for the engine's own choice: all cores. */
  readonly threads: number | undefined;
}

/** Runs a rival in this process, whose arguments are folder, variant and threads. */
export async function serveRival(create: (request: RivalRequest) => Promise<Rival | RivalSkipped>): Promise<void> {
  const [folder = "", variant = "", threads] = process.argv.slice(2);
  const setup = await readSetup(folder);
  const batches = await readBatches(folder, setup);
  const rival = await create({
    folder,
    setup,
    batches,
    variant,
    threads: threads === undefined ? undefined : Number(threads),
  });
  if ("skipped" in rival) return say(rival);
  let done = 0;
  const run = async (): Promise<{ ms: number; loss: number }> => {
    const began = performance.now();
    const loss = await rival.step(batches[done++ % batches.length] as StepBatch);
    return { ms: performance.now() - began, loss };
  };
  const first = await run();
  const losses = [first.loss];
  while (losses.length < setup.warmUpSteps) losses.push((await run()).loss);
  const { parameters, createMs, versions } = rival;
  say({ parameters, firstStepMs: createMs + first.ms, versions, losses });
  for await (const line of createInterface({ input: process.stdin })) {
    for (let i = 0; i < setup.settleSteps; i++) await run();
    const times: number[] = [];
    for (let i = Number(line); i > 0; i--) times.push((await run()).ms);
    say({ times });
  }
}

function say(message: RivalReady | RivalRound | RivalSkipped): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
