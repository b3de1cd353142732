import { expect, it } from "vitest";
import { formatRun, formatRuns } from "../../../core/report/run-text.ts";
import type { RunRecord } from "../../../core/run/run-record.ts";

const stage = { kind: "data", provider: "mnist", digest: "d", parts: undefined } as const;
const failed: RunRecord = {
  version: 1,
  runId: "20260131-120005-abcdef",
  pipeline: "tiny",
  file: "/home/ada/tiny.yaml",
  command: ["run", "tiny.yaml", "--set", "name=a b"],
  startedAt: "2026-01-31T12:00:05.250Z",
  endedAt: "2026-01-31T12:01:15.250Z",
  status: "failed",
  backend: "cpu",
  versions: { node: "v20.20.2", threads: 2 },
  stages: [
    { ...stage, stage: "data", state: "reuse", key: "0123456789abcdef", durationMs: 0 },
    { ...stage, stage: "teacher", state: "failed", key: undefined, durationMs: 69_000 },
  ],
  metrics: {},
  error: { code: "KDF_TRAIN_NOT_FINITE", message: "the loss is NaN" },
};

it("lists runs with their status and how long they took", () => {
  const killed: RunRecord = { ...failed, runId: "20260131-130000-000000", status: "running", endedAt: null };
  expect(formatRuns([killed, failed])).toEqual([
    "run                     pipeline  status   started (UTC)        took",
    "20260131-130000-000000  tiny      running  2026-01-31 12:00:05  –",
    "20260131-120005-abcdef  tiny      failed   2026-01-31 12:00:05  1m 10s",
  ]);
});

it("shows a run with its command as a shell takes it, its stages and how it ended", () => {
  expect(formatRun(failed)).toEqual([
    "20260131-120005-abcdef",
    "  pipeline  tiny (/home/ada/tiny.yaml)",
    "  command   kdflow run tiny.yaml --set 'name=a b'",
    "  started   2026-01-31 12:00:05 UTC, took 1m 10s",
    "  backend   cpu",
    "  versions  node v20.20.2, threads 2",
    "  status    failed: KDF_TRAIN_NOT_FINITE: the loss is NaN",
    "",
    "stage    provider  state   key           took",
    "data     mnist     reuse   0123456789ab  –",
    "teacher  mnist     failed  –             1m 09s",
  ]);
});

it("names the report of a run that has one", () => {
  expect(formatRun(failed, "/store/runs/x/report.html")).toContain("  report    /store/runs/x/report.html");
});
