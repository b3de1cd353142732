import { describe, expect, it } from "vitest";
import { diffRuns } from "../../../core/run/diff-runs.ts";
import type { RecordedStage, RunRecord } from "../../../core/run/run-record.ts";
import { formatRunsDiff } from "../../../plugins/report/runs-diff/runs-diff-text.ts";
import { classificationMetric } from "../../../plugins/tasks/classification/scorer.ts";

const parts = {
  kind: "train",
  options: { epochs: 2, optimizer: { use: "sgd", momentum: 0.9 } },
  inputs: { loss: ["x"] },
};
const train: RecordedStage = {
  stage: "train",
  kind: "train",
  provider: "distill",
  state: "run",
  key: "k1",
  digest: "d1",
  durationMs: 61_000,
  parts,
};
const evaluation = (top1: number, nll: number) => ({
  task: "classification",
  names: classificationMetric.names,
  split: "test",
  sampleCount: 10,
  rows: [
    { role: "student", stages: ["train"], metrics: { top1: { mean: top1, sd: null }, nll: { mean: nll, sd: null } } },
  ],
});
const before: RunRecord = {
  version: 1,
  runId: "20260131-120000-aaaaaa",
  pipeline: "tiny",
  file: "/home/ada/tiny.yaml",
  command: ["run", "tiny.yaml"],
  startedAt: "2026-01-31T12:00:00.000Z",
  endedAt: "2026-01-31T12:01:05.000Z",
  status: "ok",
  backend: "tensorflow",
  versions: { kdflow: "0.1.0", threads: 2 },
  stages: [train],
  metrics: { evaluate: evaluation(0.75, 0.5) },
  error: null,
};

describe("diffRuns", () => {
  it("finds nothing between a run and itself but the metrics, whose differences are 0", () => {
    const run = { record: before, resolved: { stages: { train: { epochs: 2 } } } };
    const diff = diffRuns(run, run);
    expect(diff).toMatchObject({ options: [], versions: [], durationMs: { before: 65_000, after: 65_000 } });
    expect(diff.stages).toMatchObject([{ key: "same", result: "same", changes: [] }]);
    expect(diff.metrics.map(({ difference }) => difference)).toEqual([0, 0]);
  });

  it("tells options one by one, of stages too that only one run has", () => {
    const record = { ...before, stages: [] };
    const diff = diffRuns(
      { record, resolved: { name: "a", stages: { data: { use: "mnist", root: "./x" } } } },
      { record, resolved: { name: "a", stages: { data: { use: "mnist" }, export: { use: "layers-model" } } } },
    );
    expect(diff.options).toEqual([
      { path: "stages.data.root", before: "./x", after: undefined },
      { path: "stages.export.use", before: undefined, after: "layers-model" },
    ]);
  });

  it("says why a key differs by the options of what the stage takes, not by their digest", () => {
    const declared = (temperature: number) => ({ loss: { options: { kd: { temperature } } } });
    const first = { ...train, parts: { ...parts, declarations: declared(2) } };
    const second = {
      ...train,
      key: "k2",
      digest: "d2",
      parts: { ...parts, inputs: { loss: ["y"] }, declarations: declared(4) },
    };
    const [stage] = diffRuns(
      { record: { ...before, stages: [first] }, resolved: {} },
      { record: { ...before, stages: [second] }, resolved: {} },
    ).stages;
    expect(stage).toMatchObject({ key: "different", result: "different" });
    expect(stage?.changes).toEqual([{ path: "declarations.loss.options.kd.temperature", before: 2, now: 4 }]);
  });

  it("knows stages of one run alone, reused ones, and such as failed before their key was known", () => {
    const stages = [
      { ...train, state: "reuse" as const },
      { ...train, stage: "export", state: "failed" as const, key: undefined, digest: undefined },
    ];
    const other = [train, { ...train, stage: "export" }, { ...train, stage: "extra" }];
    const diff = diffRuns(
      { record: { ...before, stages }, resolved: {} },
      { record: { ...before, stages: other }, resolved: {} },
    );
    expect(diff.stages.map(({ stage, key, result }) => [stage, key, result])).toEqual([
      ["train", "same", "same"],
      ["export", "unknown", "unknown"],
      ["extra", "only after", "unknown"],
    ]);
    expect(diff.stages[0]?.durationMs).toEqual({ before: undefined, after: 61_000 });
  });

  it("is shown in sections, shares in points, sections without differences in a line", () => {
    const after: RunRecord = {
      ...before,
      runId: "20260131-130000-bbbbbb",
      endedAt: "2026-01-31T12:00:30.000Z",
      versions: { kdflow: "0.2.0", threads: 2 },
      stages: [{ ...train, key: "k2", digest: "d2", durationMs: 25_000, parts: { ...parts, numericClass: "cpu" } }],
      metrics: { evaluate: evaluation(0.8, 0.25) },
    };
    const diff = diffRuns({ record: before, resolved: {} }, { record: after, resolved: {} });
    expect(formatRunsDiff(before, after, diff)).toEqual([
      "before  20260131-120000-aaaaaa  tiny  ok  2026-01-31 12:00:00  1m 05s",
      "after   20260131-130000-bbbbbb  tiny  ok  2026-01-31 12:00:00  30.0 s",
      "",
      "options: no differences",
      "",
      "stages",
      "  stage  key        before  after   why",
      '  train  different  1m 01s  25.0 s  backend: none → "cpu"',
      "",
      "metrics",
      "  evaluation  model    metric                    before    after    difference",
      "  evaluate    student  top-1 accuracy           75.00 %  80.00 %  +5.00 points",
      "  evaluate    student  negative log-likelihood   0.5000   0.2500       -0.2500",
      "",
      "versions",
      "  kdflow  0.1.0 → 0.2.0",
    ]);
  });
});
