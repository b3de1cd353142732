import { describe, expect, test } from "vitest";
import type { Machine } from "../../bench/machine.ts";
import { markdown } from "../../bench/step/markdown.ts";
import type { RivalResult } from "../../bench/step/measure.ts";
import { rivals } from "../../bench/step/rivals.ts";
import { networks, type StepSetup, training } from "../../bench/step/step-setup.ts";
import { type NetworkSummary, summarize } from "../../bench/step/summary.ts";

const [network] = networks;
const setup = { ...network, ...training, parameters: 815_780 } as StepSetup;

function rivalOf(id: string) {
  const rival = rivals.find((each) => each.id === id);
  if (rival === undefined) throw new Error(`no rival ${id}`);
  return rival;
}

function measured(id: string, ...rounds: number[][]): RivalResult {
  const ready = { parameters: setup.parameters, losses: [4], firstStepMs: 1500, versions: {} };
  return { rival: rivalOf(id), ready, rounds, residentMib: 300 };
}

function summaryOf(...results: RivalResult[]): NetworkSummary {
  return summarize({ setup, results });
}

describe("the summary of a network", () => {
  const summary = summaryOf(
    measured("kdflow", [100, 90, 500], [80, 80, 80], [200, 120, 110]),
    measured("torch-eager", [150, 150, 150], [160, 160, 160], [300, 180, 120]),
  );
  const [own, torch] = summary.rivals;

  test("has the median of the rounds' medians and their range", () => {
    expect(own).toMatchObject({ stepMs: { median: 100, low: 80, high: 120 }, imagesPerSecond: 32 / 0.1 });
    expect(own).toMatchObject({ againstKdflow: undefined });
  });

  test("compares medians, and tells the range of the ratios within rounds", () => {
    expect(torch).toMatchObject({ againstKdflow: { median: 160 / 100, low: 150 / 100, high: 160 / 80 } });
  });
});

describe("the table", () => {
  const machine: Machine = {
    cpu: "a processor",
    cores: 2,
    memoryGib: 8,
    system: "linux x64",
    node: "20.20.2",
    commit: "abc1234",
    load: 0,
  };
  const report = {
    date: "2026-01-02T03:04:05Z",
    machine,
    threads: 2,
    rounds: 1,
    steps: 15,
    versions: { torch: "2.13" },
  };
  const cells = (line: string): string[] => line.split("|").map((cell) => cell.trim());

  test("names versions, what was skipped and why, and which aims are met by the fastest rival of each", () => {
    const summary = summaryOf(
      measured("kdflow", [100]),
      measured("tfjs-node", [900]),
      measured("torch-eager", [130]),
      measured("torch-channels-last", [120]),
      { rival: rivalOf("torch-compile"), skipped: "no compiler" },
    );

    const lines = markdown({ ...report, networks: [summary] }).split("\n");

    expect(lines[0]).toContain("2 threads of 2, linux x64; Node 20.20.2, torch 2.13; kdflow at abc1234; 2026-01-02");
    const row = cells(lines.find((line) => line.includes("tfjs-node, stock")) ?? "");
    expect(row).toEqual([
      "",
      "",
      "tfjs-node, stock layers",
      "900 (900–900)",
      "36",
      "9.00 (9.00–9.00)",
      "1.5 s",
      "300 MiB",
      "",
    ]);
    expect(lines.some((line) => line.includes("skipped: no compiler"))).toBe(true);
    expect(cells(lines.at(-2) ?? "")).toEqual([
      "",
      "MobileNetV2 0.5",
      "not measured",
      "1.20×, missed",
      "9.00×, met",
      "",
    ]);
  });

  test("tells an aim that is missed without being slower", () => {
    const target = { name: "PyTorch", rivals: ["torch-eager", "torch-channels-last"], ratio: 1.15, least: 1 };
    const verdictOf = (fastest: number): string => {
      const summary = summaryOf(measured("kdflow", [100]), measured("torch-channels-last", [fastest]));
      return (
        cells(
          markdown({ ...report, networks: [summary] }, [target])
            .split("\n")
            .at(-2) ?? "",
        )[2] ?? ""
      );
    };

    expect(verdictOf(116)).toBe("1.16×, met");
    expect(verdictOf(110)).toBe("1.10×, missed, but no slower");
    expect(verdictOf(95)).toBe("0.95×, missed");
  });

  test("says nothing of aims where kdflow was measured alone", () => {
    expect(markdown({ ...report, networks: [summaryOf(measured("kdflow", [100]))] })).not.toContain("aim");
  });
});
