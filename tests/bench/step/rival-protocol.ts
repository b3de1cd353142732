/**
 * How rivals, each a process of its own, talk with the bench: lines of JSON on their stdout, numbers on their stdin.
 *
 * A rival warms up and says {@link RivalReady}, or {@link RivalSkipped}. For every line `steps` it then runs some steps
 * to settle and times that many more: {@link RivalRound}. It ends when its stdin does.
 */
import { createInterface } from "node:readline";

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
  /** Memory of the process after them, in MiB. */
  readonly residentMib: number;
}

export interface RivalSkipped {
  readonly skipped: string;
}

export interface Rival<Batch> {
  readonly parameters: number;
  /** Making the step; 0 where there is nothing to make. */
  readonly createMs: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Trains on one batch and gives the loss. */
  step(batch: Batch): Promise<number>;
}

/** How often to train before anything is timed. */
export interface StepPace {
  readonly warmUpSteps: number;
  /** Steps at the start of a round that are not timed: caches and threads come back from another rival's turn. */
  readonly settleSteps: number;
}

/** How a folder is read that all rivals train from. */
export interface RivalFiles<Setup extends StepPace, Batch> {
  readSetup(folder: string): Promise<Setup>;
  readBatches(folder: string, setup: Setup): Promise<readonly Batch[]>;
}

export interface RivalRequest<Setup, Batch> {
  readonly folder: string;
  readonly setup: Setup;
  readonly batches: readonly Batch[];
  readonly variant: string;
  /** Threads to use, or `undefined` for the engine's own choice: all cores. */
  readonly threads: number | undefined;
}

/** Runs a rival in this process, whose arguments are folder, variant and threads. */
export async function serveRival<Setup extends StepPace, Batch>(
  files: RivalFiles<Setup, Batch>,
  create: (request: RivalRequest<Setup, Batch>) => Promise<Rival<Batch> | RivalSkipped>,
): Promise<void> {
  const [folder = "", variant = "", threads] = process.argv.slice(2);
  const setup = await files.readSetup(folder);
  const batches = await files.readBatches(folder, setup);
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
    const loss = await rival.step(batches[done++ % batches.length] as Batch);
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
    say({ times, residentMib: Math.round(process.memoryUsage.rss() / 2 ** 20) });
  }
}

function say(message: RivalReady | RivalRound | RivalSkipped): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
