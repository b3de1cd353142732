import type { Machine } from "../machine.ts";
import { median, type Spread, spreadOf } from "../statistics.ts";
import type { MeasuredRival, MeasuredSetup, RivalResult } from "./measure.ts";

export interface NetworkResult {
  readonly setup: MeasuredSetup;
  readonly results: readonly RivalResult[];
}

export interface StepReport {
  readonly date: string;
  readonly machine: Machine;
  readonly threads: number;
  readonly rounds: number;
  readonly steps: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly networks: readonly NetworkSummary[];
}

export interface NetworkSummary {
  readonly network: string;
  readonly title: string;
  readonly side: number;
  readonly batchSize: number;
  readonly parameters: number;
  readonly rivals: readonly RivalSummary[];
}

export type RivalSummary = { readonly id: string; readonly title: string } & (
  | {
      /** Milliseconds of a step: median of the rounds' medians, and the range of these. */
      readonly stepMs: Spread;
      readonly imagesPerSecond: number;
      /** How many times as long as kdflow's step: ratio of the medians, and the range of the rounds' own ratios. */
      readonly againstKdflow: Spread | undefined;
      /** The first step, and what has to be done for it: capturing, compiling. */
      readonly firstStepMs: number;
      /** Most memory of the process after a round, in MiB. */
      readonly residentMib: number;
      readonly losses: readonly number[];
      readonly times: readonly (readonly number[])[];
    }
  | { readonly skipped: string }
  | { readonly failed: string }
);

export function summarize({ setup, results }: NetworkResult): NetworkSummary {
  const measured = results.filter((result): result is MeasuredRival => "ready" in result);
  const own = measured.find(({ rival }) => rival.id === "kdflow");
  return {
    network: setup.id,
    title: setup.title,
    side: setup.side,
    batchSize: setup.batchSize,
    parameters: setup.parameters,
    rivals: results.map((result) => {
      const { id, title } = result.rival;
      if (!("ready" in result)) return { id, title, ...withoutRival(result) };
      const stepMs = spreadOf(result.rounds.map(median));
      const { firstStepMs, losses } = result.ready;
      return {
        id,
        title,
        stepMs,
        imagesPerSecond: (1000 * setup.batchSize) / stepMs.median,
        againstKdflow: own && own !== result ? ratio(result, own) : undefined,
        firstStepMs,
        residentMib: result.residentMib,
        losses,
        times: result.rounds,
      };
    }),
  };
}

function withoutRival(
  result: Exclude<RivalResult, MeasuredRival>,
): { readonly skipped: string } | { readonly failed: string } {
  return "skipped" in result ? { skipped: result.skipped } : { failed: result.failed };
}

function ratio(rival: MeasuredRival, own: MeasuredRival): Spread {
  const ofRound = rival.rounds.map((times, i) => median(times) / median(own.rounds[i] ?? []));
  const { low, high } = spreadOf(ofRound);
  return { median: median(rival.rounds.map(median)) / median(own.rounds.map(median)), low, high };
}
