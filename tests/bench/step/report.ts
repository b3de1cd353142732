import type { Machine } from "../machine.ts";
import { median, type Spread, spreadOf } from "../statistics.ts";
import type { MeasuredRival, RivalResult } from "./measure.ts";
import type { StepSetup } from "./step-setup.ts";

export interface NetworkResult {
  readonly setup: StepSetup;
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
      readonly losses: readonly number[];
      readonly times: readonly (readonly number[])[];
    }
  | { readonly skipped: string }
  | { readonly failed: string }
);

/** What kdflow aims at: how many times as long as its step that of a rival takes; of several, the fastest. */
export const targets: readonly { readonly name: string; readonly rivals: readonly string[]; readonly ratio: number }[] =
  [
    { name: "torch.compile", rivals: ["torch-compile", "torch-compile-channels-last"], ratio: 1.15 },
    { name: "PyTorch eager, the better layout", rivals: ["torch-eager", "torch-channels-last"], ratio: 1.25 },
    { name: "stock tfjs-node", rivals: ["tfjs-node"], ratio: 8 },
  ];

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

/** The report as Markdown. */
export function markdown(report: StepReport): string {
  const { machine, threads, rounds, steps } = report;
  const versions = Object.entries({ Node: machine.node, ...report.versions }).map(
    ([name, version]) => `${name} ${version}`,
  );
  const lines = [
    `${machine.cpu}, ${threads} threads of ${machine.cores}, ${machine.system}; ${versions.join(", ")}; kdflow at ${machine.commit}; ${report.date.slice(0, 10)}.`,
    `Medians of ${rounds} rounds in turn, ${steps} steps each; in brackets the range of the rounds. The first step is with what it needs: recording and checking a graph, compiling. Load average before: ${machine.load}.`,
    "",
    ...table(
      ["network", "trained by", "ms per step", "images/s", "times kdflow's", "first step"],
      report.networks.flatMap(networkRows),
    ),
  ];
  const compared = report.networks.filter(({ rivals }) => ratiosOf(rivals).length > 0);
  if (compared.length === 0) return `${lines.join("\n")}\n`;
  const header = ["network", ...targets.map(({ name, ratio: aim }) => `${name} (aim ${aim.toFixed(2)}×)`)];
  const rows = compared.map(({ title, rivals }) => [title, ...targets.map((target) => verdict(rivals, target))]);
  return `${[...lines, "", ...table(header, rows)].join("\n")}\n`;
}

function networkRows({ title, side, batchSize, rivals }: NetworkSummary): string[][] {
  return rivals.map((rival, i) => {
    const network = i === 0 ? `${title}, ${side} px, batch ${batchSize}` : "";
    if (!("stepMs" in rival)) {
      const reason = "skipped" in rival ? `skipped: ${rival.skipped}` : `failed: ${rival.failed}`;
      return [network, rival.title, reason, "", "", ""];
    }
    const { stepMs, imagesPerSecond, againstKdflow, firstStepMs } = rival;
    return [
      network,
      rival.title,
      `${spread(stepMs, digitsOf(stepMs.median))}`,
      imagesPerSecond.toFixed(0),
      againstKdflow === undefined ? "" : `${spread(againstKdflow, 2)}`,
      `${(firstStepMs / 1000).toFixed(1)} s`,
    ];
  });
}

function verdict(rivals: readonly RivalSummary[], target: (typeof targets)[number]): string {
  const ratios = ratiosOf(rivals.filter(({ id }) => target.rivals.includes(id)));
  if (ratios.length === 0) return "not measured";
  const least = Math.min(...ratios);
  return `${least.toFixed(2)}×, ${least >= target.ratio ? "met" : "missed"}`;
}

function ratiosOf(rivals: readonly RivalSummary[]): number[] {
  return rivals.flatMap((rival) => ("stepMs" in rival && rival.againstKdflow ? [rival.againstKdflow.median] : []));
}

function spread({ median: middle, low, high }: Spread, digits: number): string {
  return `${middle.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

function digitsOf(ms: number): number {
  return ms < 100 ? 1 : 0;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((name, i) => Math.max(3, name.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
