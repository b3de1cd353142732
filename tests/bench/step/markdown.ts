import { markdownTable } from "../markdown-table.ts";
import type { Spread } from "../statistics.ts";
import type { NetworkSummary, RivalSummary, StepReport } from "./summary.ts";

/** What kdflow aims at: how many times as long as its step that of a rival takes; of several, the fastest. */
export interface Target {
  readonly name: string;
  readonly rivals: readonly string[];
  readonly ratio: number;
  /** What is good enough while the aim is missed. */
  readonly least?: number;
}

const stepTargets: readonly Target[] = [
  { name: "torch.compile", rivals: ["torch-compile", "torch-compile-channels-last"], ratio: 1.15 },
  { name: "PyTorch eager, the better layout", rivals: ["torch-eager", "torch-channels-last"], ratio: 1.25 },
  { name: "stock tfjs-node", rivals: ["tfjs-node"], ratio: 8 },
];

/** The report as Markdown. */
export function markdown(report: StepReport, targets: readonly Target[] = stepTargets): string {
  const { machine, threads, rounds, steps } = report;
  const versions = Object.entries({ Node: machine.node, ...report.versions }).map(
    ([name, version]) => `${name} ${version}`,
  );
  const lines = [
    `${machine.cpu}, ${threads} threads of ${machine.cores}, ${machine.system}; ${versions.join(", ")}; kdflow at ${machine.commit}; ${report.date.slice(0, 10)}.`,
    `Medians of ${rounds} rounds in turn, ${steps} steps each; in brackets the range of the rounds. The first step is with what it needs: recording and checking a graph, compiling. Memory is what is resident after a round, at most. Load average before: ${machine.load}.`,
    "",
    ...markdownTable(
      ["network", "trained by", "ms per step", "images/s", "times kdflow's", "first step", "memory"],
      report.networks.flatMap(networkRows),
    ),
  ];
  const compared = report.networks.filter(({ rivals }) => ratiosOf(rivals).length > 0);
  if (compared.length === 0) return `${lines.join("\n")}\n`;
  const header = ["network", ...targets.map(({ name, ratio: aim }) => `${name} (aim ${aim.toFixed(2)}×)`)];
  const rows = compared.map(({ title, rivals }) => [title, ...targets.map((target) => verdict(rivals, target))]);
  return `${[...lines, "", ...markdownTable(header, rows)].join("\n")}\n`;
}

function networkRows({ title, side, batchSize, rivals }: NetworkSummary): string[][] {
  return rivals.map((rival, i) => {
    const network = i === 0 ? `${title}, ${side} px, batch ${batchSize}` : "";
    if (!("stepMs" in rival)) {
      const reason = "skipped" in rival ? `skipped: ${rival.skipped}` : `failed: ${rival.failed}`;
      return [network, rival.title, reason, "", "", "", ""];
    }
    const { stepMs, imagesPerSecond, againstKdflow, firstStepMs, residentMib } = rival;
    return [
      network,
      rival.title,
      `${spread(stepMs, digitsOf(stepMs.median))}`,
      imagesPerSecond.toFixed(0),
      againstKdflow === undefined ? "" : `${spread(againstKdflow, 2)}`,
      `${(firstStepMs / 1000).toFixed(1)} s`,
      `${residentMib} MiB`,
    ];
  });
}

function verdict(rivals: readonly RivalSummary[], target: Target): string {
  const ratios = ratiosOf(rivals.filter(({ id }) => target.rivals.includes(id)));
  if (ratios.length === 0) return "not measured";
  const least = Math.min(...ratios);
  const floor = target.least === undefined || least < target.least ? "missed" : "missed, but no slower";
  return `${least.toFixed(2)}×, ${least >= target.ratio ? "met" : floor}`;
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
