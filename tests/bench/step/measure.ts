import { RivalProcess } from "../rival-process.ts";
import type { RivalReady, RivalRound, RivalSkipped } from "./rival-protocol.ts";
import { type RivalPlace, rivalCommand, type StepRival } from "./rivals.ts";

/** What became of one rival on one network. */
export type RivalResult = { readonly rival: StepRival } & (
  | {
      readonly ready: RivalReady;
      /** Milliseconds of each timed step, by round. */
      readonly rounds: readonly (readonly number[])[];
      /** Most memory of the process after a round, in MiB. */
      readonly residentMib: number;
    }
  | { readonly skipped: string }
  | { readonly failed: string }
);

export type MeasuredRival = Extract<RivalResult, { readonly ready: RivalReady }>;

/** What is trained, for the table and to see that all train the same. */
export interface MeasuredSetup {
  readonly id: string;
  readonly title: string;
  readonly side: number;
  readonly batchSize: number;
  /** Trained weights. */
  readonly parameters: number;
}

export interface MeasureRequest {
  readonly setup: MeasuredSetup;
  readonly rivals: readonly StepRival[];
  readonly rounds: number;
  readonly steps: number;
  readonly place: RivalPlace;
  say(text: string): void;
}

/**
 * Largest relative difference that the rivals' losses may have: of the first step, which shows that network, weights
 * and loss are the same, and of the fifth, which shows that the update is; rounding grows in between.
 */
const lossTolerances = { first: 1e-4, last: 2e-2 } as const;

/**
 * Measures the rivals on one network in turn, `steps` steps each, for a number of rounds. All processes stay alive
 * meanwhile, asleep while it is not their turn, so that a machine that drifts slows all of them alike.
 */
export async function measure(request: MeasureRequest): Promise<readonly RivalResult[]> {
  const { setup, rounds, steps, say } = request;
  const results: (Contestant | RivalResult)[] = [];
  try {
    for (const rival of request.rivals) {
      say(`${setup.title}: ${rival.title} warms up`);
      results.push(await start(rival, request.place));
    }
    assertSame(setup, results.filter(isRunning));
    for (let round = 1; round <= rounds; round++) {
      say(`${setup.title}: round ${round} of ${rounds}`);
      for (const [i, contestant] of results.entries()) {
        if (isRunning(contestant)) results[i] = await runRound(contestant, steps);
      }
    }
    for (const contestant of results.filter(isRunning)) await contestant.process.stop();
  } finally {
    for (const contestant of results.filter(isRunning)) contestant.process.kill();
  }
  return results;
}

interface Contestant {
  readonly rival: StepRival;
  readonly process: RivalProcess;
  readonly ready: RivalReady;
  readonly rounds: readonly (readonly number[])[];
  readonly residentMib: number;
}

function isRunning(result: Contestant | RivalResult): result is Contestant {
  return "process" in result;
}

async function start(rival: StepRival, place: RivalPlace): Promise<Contestant | RivalResult> {
  const command = rivalCommand(rival, place);
  if ("skipped" in command) return { rival, skipped: command.skipped };
  const process = new RivalProcess(command);
  try {
    const ready = await process.receive<RivalReady | RivalSkipped>();
    if (!("skipped" in ready)) return { rival, process, ready, rounds: [], residentMib: 0 };
    await process.stop();
    return { rival, skipped: ready.skipped };
  } catch (error) {
    process.kill();
    return { rival, failed: wordsOf(error) };
  }
}

async function runRound(contestant: Contestant, steps: number): Promise<Contestant | RivalResult> {
  const { rival, process, rounds } = contestant;
  try {
    process.send(String(steps));
    const { times, residentMib } = await process.receive<RivalRound>();
    const most = Math.max(contestant.residentMib, residentMib);
    return { ...contestant, rounds: [...rounds, times], residentMib: most };
  } catch (error) {
    return { rival, failed: wordsOf(error) };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws Error where rivals do not train the same thing */
function assertSame(setup: MeasuredSetup, contestants: readonly Contestant[]): void {
  const [reference] = contestants;
  if (reference === undefined) return;
  for (const { rival, ready } of contestants) {
    if (ready.parameters !== setup.parameters) {
      throw new Error(`${rival.id} trains ${ready.parameters} weights of ${setup.title}, not ${setup.parameters}`);
    }
    for (const [which, tolerance] of Object.entries(lossTolerances)) {
      const at = which === "first" ? 0 : -1;
      const [expected, actual] = [reference.ready.losses.at(at) ?? 0, ready.losses.at(at) ?? Number.NaN];
      if (!(Math.abs(actual - expected) <= tolerance * Math.abs(expected))) {
        const others = `${reference.rival.id} has ${expected}`;
        throw new Error(`the ${which} loss of ${rival.id} on ${setup.title} is ${actual}, but ${others}`);
      }
    }
  }
}
